/** One line of a scrape. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/gy;

/** A scrape in Prometheus' text format or OpenMetrics. @throws Error for a line that is neither. */
export class ParsedMetrics {
  readonly samples: readonly MetricSample[];
  /** Name of the metric → type, as declared. */
  readonly types: ReadonlyMap<string, string>;

  constructor(text: string) {
    const lines = text.split('\n').filter((line) => line !== '');
    const declared = lines.flatMap((line) => /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? []);
    this.types = new Map(declared.flatMap((_, index) => (index % 3 === 0 ? [[declared[index + 1]!, declared[index + 2]!]] : [])));
    this.samples = lines.filter((line) => !/^# (HELP|TYPE|EOF)/.test(line)).map(sampleOf);
  }

  /** Sum of the samples of this name that have these labels; undefined when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.all(name, labels);
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }

  all(name: string, labels: Readonly<Record<string, string>> = {}): readonly MetricSample[] {
    return this.samples.filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value));
  }
}

function sampleOf(line: string): MetricSample {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const parsed = [...labels.matchAll(LABEL)];
  if (parsed.map(([all]) => all).join('') !== labels) throw new Error(`labels cannot be read: ${line}`);
  return { name, labels: Object.fromEntries(parsed.map(([, key, text]) => [key!, text!])), value: numberOf(value!) };
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  if (Number.isNaN(value) && text.toLowerCase() !== 'nan') throw new Error(`not a number: ${text}`);
  return value;
}
