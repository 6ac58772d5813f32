import { SCENARIOS, type Scenario } from '../suite/contender.ts';
import { type BarResult, disqualification, type Metric, runsOf, valuesOf } from './bars.ts';
import type { BenchResult, Described, Run } from './result.ts';
import { median, type Spread, spreadOf } from './statistics.ts';

const HEADINGS: Readonly<Record<Scenario, string>> = {
  batch: 'Throughput, submitted in bulk',
  single: 'Throughput, submitted one by one',
  latency: 'Latency, open loop',
};
const METRICS: Readonly<Record<Scenario, readonly Metric[]>> = {
  batch: ['jobsPerSecond'],
  single: ['jobsPerSecond'],
  latency: ['p50Ms', 'p95Ms', 'p99Ms'],
};
const METRIC_NAMES: Readonly<Record<Metric, string>> = { jobsPerSecond: 'jobs/s', p50Ms: 'p50, ms', p95Ms: 'p95, ms', p99Ms: 'p99, ms' };

/** A figure for people: three or four digits. */
export function shown(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** Median with range in brackets. */
export function shownSpread(spread: Spread | undefined): string {
  if (!spread) return '–';
  const { median: middle, least, most, count } = spread;
  return count === 1 ? shown(middle) : `${shown(middle)} (${shown(least)}–${shown(most)})`;
}

/** Median CPU seconds a thousand jobs, by process, the greatest first. */
function cpuText(result: BenchResult, scenario: Scenario, contender: string): string {
  const figures = runsOf(result, scenario, contender).flatMap((run) => run.figures ?? []);
  const names = [...new Set(figures.flatMap(({ cpuSeconds }) => Object.keys(cpuSeconds)))];
  const perThousand = names.map((name): [string, number] => [
    name,
    median(figures.map(({ cpuSeconds, jobs }) => ((cpuSeconds[name] ?? 0) * 1_000) / jobs)),
  ]);
  const sum = perThousand.reduce((total, [, seconds]) => total + seconds, 0);
  const parts = perThousand.toSorted((a, b) => b[1] - a[1]).map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`);
  return `${sum.toFixed(2)}: ${parts.join(', ')}`;
}

function rowOf(result: BenchResult, scenario: Scenario, { name, title, isDurable }: Described): string | undefined {
  const runs = runsOf(result, scenario, name);
  if (runs.length === 0) return undefined;
  const label = `${title}${isDurable ? '' : ' †'}`;
  const why = disqualification(runs);
  if (why !== undefined) return `| ${label} | ${METRICS[scenario].map(() => 'out').join(' | ')} | | ${why.replaceAll('|', '/')} |`;
  const cells = METRICS[scenario].map((metric) => shownSpread(spreadOf(valuesOf(result, scenario, name, metric) ?? [])));
  const jobs = runs[0]?.figures?.jobs ?? 0;
  return `| ${label} | ${cells.join(' | ')} | ${jobs.toLocaleString('en-US')} | ${cpuText(result, scenario, name)} |`;
}

function table(result: BenchResult, scenario: Scenario): string {
  const rows = result.contenders.flatMap((one) => rowOf(result, scenario, one) ?? []);
  if (rows.length === 0) return '';
  const columns = ['contender', ...METRICS[scenario].map((metric) => METRIC_NAMES[metric]), 'jobs', 'CPU s per 1,000 jobs'];
  const lines = [`| ${columns.join(' | ')} |`, `|${columns.map(() => ' --- |').join('')}`, ...rows];
  return `## ${HEADINGS[scenario]}\n\n${lines.join('\n')}\n`;
}

function barText({ least, most }: BarResult): string {
  return least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : '';
}

/** Ratios with their bars. */
function barTable(bars: readonly BarResult[]): string {
  const rows = bars.map((bar) => {
    const against = bar.against === bar.rival ? bar.rival : `${bar.against} (${bar.rival})`;
    const ratio = bar.ratio === undefined ? '–' : `${bar.ratio.toFixed(2)} (${bar.range!.least.toFixed(2)}–${bar.range!.most.toFixed(2)})`;
    return `| ${bar.scenario}, ${METRIC_NAMES[bar.metric]} | ${bar.ours} / ${against} | ${ratio} | ${barText(bar)} | ${bar.verdict} |`;
  });
  const head = '| what | ratio of medians | is (range over repeats) | bar | |\n| --- | --- | --- | --- | --- |';
  return `## Ratios\n\n${head}\n${rows.join('\n')}\n`;
}

/** Every contender's settings. */
export function settingsText(contenders: readonly Described[]): string {
  const parts = contenders.map(({ name, title, durability, reader, settings }) => {
    const lines = Object.entries({ durability, ...settings, 'reader of the latency': reader }).map(([key, value]) => `- ${key}: ${value}`);
    return `### ${title} (\`${name}\`)\n\n${lines.join('\n')}`;
  });
  return `## Contenders\n\n${parts.join('\n\n')}\n`;
}

type Measured = Pick<BenchResult, 'machine' | 'revision' | 'startedAt'> & { readonly runs: readonly Pick<Run, 'versions'>[] };

/** When and on what was measured. */
export function machineText({ machine, runs, revision, startedAt }: Measured): string {
  const { processor, cores, memoryGb, system, kernel, node, loadBefore, fdatasyncMs } = machine;
  const versions = Object.entries(Object.assign({}, ...runs.map((run) => run.versions ?? {})) as Record<string, string>);
  return [
    `${startedAt}, revision ${revision}. ${cores} cores (${processor}), ${memoryGb} GiB, ${system}, kernel ${kernel}, Node ${node}; `,
    `${versions.map(([name, version]) => `${name} ${version}`).join(', ')}. Load before: ${loadBefore.toFixed(2)}; a durable write of 4 KiB `,
    `takes ${fdatasyncMs.p50.toFixed(2)} ms (p95 ${fdatasyncMs.p95.toFixed(2)}). All servers and processes share the cores: read ratios.`,
  ].join('');
}

function methodText({ options }: BenchResult): string {
  return [
    `Two stages that do nothing, payload of 200 bytes; every job's final state is read back, each execution of a stage counted. Medians of `,
    `${options.repeats} interleaved repeats, ranges in brackets; ${options.warmUpJobs} jobs of warm-up; each measurement on new servers. `,
    `Latency: ${options.perSecond} jobs/s for ${options.seconds} s, from a submission's leaving until a reader is told that it is completed.`,
  ].join('');
}

/** The result as a page. */
export function markdown(result: BenchResult, bars: readonly BarResult[], picture: string): string {
  const tables = SCENARIOS.map((scenario) => table(result, scenario)).filter(Boolean);
  const note = result.contenders.some(({ isDurable }) => !isDurable)
    ? '† may lose what it has accepted when the machine loses power.\n'
    : '';
  const parts = [
    '# Benchmark',
    machineText(result),
    methodText(result),
    `![Medians](${picture})`,
    barTable(bars),
    ...tables,
    note,
    settingsText(result.contenders),
  ];
  return parts
    .filter(Boolean)
    .join('\n\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}
