import { collectDefaultMetrics, type Metric, type OpenMetricsContentType, Registry } from 'prom-client';
import type { MetricsPage, MetricsSource } from '../ports/metrics.ts';
import { BucketCounts } from './bucket-counts.ts';
import { type HistogramName, type LabelsOf, METRICS, type MetricDefinition, type MetricName } from './metric-definitions.ts';
import { wantsOpenMetrics } from './metrics-format.ts';

/** One value of a metric. */
export interface Reading<N extends MetricName> {
  readonly labels: LabelsOf<N>;
  readonly value: number;
}

interface Value {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** What prom-client's registry asks of a metric. Its own classes look labels up at every step; ours are only read at a scrape. */
interface ReadMetric {
  name: string;
  readonly type: MetricDefinition['type'];
  get(): Promise<{ readonly name: string; readonly help: string; readonly type: string; readonly values: readonly Value[] }>;
}

/** Label values to the counts of a histogram. */
export interface HistogramFamily<N extends HistogramName> {
  /** The counts for these labels, made at the first call: to be kept by whoever observes. */
  with(labels: LabelsOf<N>): BucketCounts;
}

/**
 * The metrics of one process: made in its main file, never shared. Values are read from the counters that the parts of the
 * process keep anyway, when somebody scrapes; only histograms are fed as things happen.
 */
export class ProcessMetrics implements MetricsSource {
  readonly #text = new Registry();
  readonly #openMetrics = new Registry<OpenMetricsContentType>();

  /** @param service name of the process, a label of every metric. */
  constructor(service: string) {
    this.#openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    this.#text.setDefaultLabels({ service });
    this.#openMetrics.setDefaultLabels({ service });
  }

  /** Adds what prom-client knows of any process: CPU, memory, event loop, garbage collection, handles. */
  addRuntime(): this {
    const own = new Registry();
    collectDefaultMetrics({ register: own });
    for (const metric of own.getMetricsAsArray()) this.#register(metric as unknown as ReadMetric);
    return this;
  }

  /** A counter or gauge without labels; undefined: it has no value now. */
  read<N extends MetricName>(name: N, read: () => number | undefined): void {
    this.readMany(name, () => {
      const value = read();
      return value === undefined ? [] : [{ labels: {} as LabelsOf<N>, value }];
    });
  }

  /** A counter or gauge with labels. */
  readMany<N extends MetricName>(name: N, read: () => Iterable<Reading<N>>): void {
    this.#add(name, () => [...read()]);
  }

  /** A counter or gauge with one label whose values are known: value of the label → reading. */
  readEach<N extends MetricName>(name: N, label: keyof LabelsOf<N>, reads: Readonly<Record<string, () => number>>): void {
    const parts = Object.entries(reads).map(([value, read]) => ({ labels: { [label]: value } as LabelsOf<N>, read }));
    this.#add(name, () => parts.map(({ labels, read }) => ({ labels, value: read() })));
  }

  histogram<N extends HistogramName>(name: N): HistogramFamily<N> {
    const children = new Map<string, { readonly labels: LabelsOf<N>; readonly counts: BucketCounts }>();
    this.#add(name, () => [...children.values()].flatMap(({ labels, counts }) => histogramValues(name, labels, counts)));
    return {
      with(labels) {
        const key = JSON.stringify(labels);
        const known = children.get(key);
        if (known) return known.counts;
        const counts = new BucketCounts(METRICS[name].buckets);
        children.set(key, { labels, counts });
        return counts;
      },
    };
  }

  async render(accept: string | undefined): Promise<MetricsPage> {
    const registry = wantsOpenMetrics(accept) ? this.#openMetrics : this.#text;
    return { contentType: registry.contentType, body: await registry.metrics() };
  }

  #add(name: MetricName, values: () => readonly Value[]): void {
    const { type, help } = METRICS[name];
    this.#register({ name, type, get: async () => ({ name, help, type, values: values() }) });
  }

  /** A registry for OpenMetrics renames the counters in it: it gets an object of its own. */
  #register(metric: ReadMetric): void {
    const { name, type } = metric;
    const bare = type === 'counter' ? name.replace(/_total$/, '') : name;
    const renamed: ReadMetric = { name: bare, type, get: async () => ({ ...(await metric.get()), name: bare }) };
    this.#text.registerMetric(metric as unknown as Metric);
    this.#openMetrics.registerMetric(renamed as unknown as Metric);
  }
}

function histogramValues(name: string, labels: Value['labels'], counts: BucketCounts): readonly Value[] {
  return [
    ...counts.cumulative().map(([le, value]) => ({ labels: { ...labels, le }, value, metricName: `${name}_bucket` })),
    { labels, value: counts.sum, metricName: `${name}_sum` },
    { labels, value: counts.count, metricName: `${name}_count` },
  ];
}
