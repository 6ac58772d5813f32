import type { Scenario } from '../suite/contender.ts';
import type { Figures } from '../suite/scenarios.ts';
import type { BenchResult, Run } from './result.ts';
import { median, type Spread, spreadOf } from './statistics.ts';

/** A figure that contenders are compared by. */
export type Metric = 'jobsPerSecond' | 'p50Ms' | 'p95Ms' | 'p99Ms';

/** A ratio between two contenders, and what it has to reach. */
export interface BarSpec {
  readonly scenario: Scenario;
  readonly metric: Metric;
  readonly ours: string;
  /** A contender, or `best peer`: whichever of the peers is fastest. */
  readonly against: string;
  /** Absent: shown only. */
  readonly least?: number;
  readonly most?: number;
}

/** What ours has to reach (issue 6), and ratios that are shown beside. */
export const BARS: readonly BarSpec[] = [
  { scenario: 'batch', metric: 'jobsPerSecond', ours: 'jobline', against: 'bullmq-always', least: 2.5 },
  { scenario: 'batch', metric: 'jobsPerSecond', ours: 'jobline', against: 'best peer', least: 1.5 },
  { scenario: 'batch', metric: 'jobsPerSecond', ours: 'jobline', against: 'raw-fused-100', least: 0.6 },
  { scenario: 'single', metric: 'jobsPerSecond', ours: 'jobline-http', against: 'bullmq-always', least: 1.5 },
  { scenario: 'single', metric: 'jobsPerSecond', ours: 'jobline-http', against: 'raw-koa', least: 0.6 },
  { scenario: 'latency', metric: 'p50Ms', ours: 'jobline-http', against: 'bullmq-always', most: 1.5 },
  { scenario: 'latency', metric: 'p99Ms', ours: 'jobline-http', against: 'bullmq-always', most: 1.5 },
  { scenario: 'latency', metric: 'p50Ms', ours: 'jobline-http', against: 'straightforward', most: 0.65 },
  { scenario: 'batch', metric: 'jobsPerSecond', ours: 'jobline', against: 'raw-claimed-100' },
  { scenario: 'batch', metric: 'jobsPerSecond', ours: 'jobline-sdk', against: 'jobline' },
  { scenario: 'batch', metric: 'jobsPerSecond', ours: 'jobline-standard', against: 'raw-fused-1' },
  { scenario: 'batch', metric: 'jobsPerSecond', ours: 'jobline', against: 'bullmq-everysec' },
  { scenario: 'single', metric: 'jobsPerSecond', ours: 'jobline-http', against: 'bullmq-everysec' },
  { scenario: 'single', metric: 'jobsPerSecond', ours: 'jobline-sdk', against: 'jobline-http' },
  { scenario: 'latency', metric: 'p50Ms', ours: 'jobline-http', against: 'bullmq-everysec' },
  { scenario: 'latency', metric: 'p50Ms', ours: 'jobline-http', against: 'raw-koa' },
  { scenario: 'latency', metric: 'p50Ms', ours: 'jobline-sdk', against: 'jobline-http' },
];

/** How a bar came out. `unknown`: one side was not measured, or is out. */
export interface BarResult extends BarSpec {
  /** The contender that `best peer` turned out to be. */
  readonly rival: string;
  /** Of the medians. */
  readonly ratio?: number;
  /** Of the repeats, each with its own rival's. */
  readonly range?: Spread;
  readonly verdict: 'met' | 'missed' | 'unknown' | 'shown';
}

/** Why a contender is out in a scenario: it failed, lost a job or doubled one, in any repeat. */
export function disqualification(runs: readonly Pick<Run, 'repeat' | 'error' | 'verification'>[]): string | undefined {
  for (const { repeat, error, verification } of runs) {
    if (error !== undefined) return `failed in repeat ${repeat}: ${error.split('\n')[0]}`;
    const { lost = 0, doubled = 0, examples = [] } = verification ?? {};
    if (lost + doubled > 0) return `lost ${lost} and doubled ${doubled} jobs in repeat ${repeat} (${examples[0] ?? 'no example'})`;
  }
  return undefined;
}

/** The runs of a contender in a scenario. */
export function runsOf({ runs }: Pick<BenchResult, 'runs'>, scenario: Scenario, contender: string): readonly Run[] {
  return runs.filter((run) => run.scenario === scenario && run.contender === contender);
}

/** Figures of a contender that is not out; undefined when it is, or was not measured. */
function figuresOf(result: BenchResult, scenario: Scenario, contender: string): readonly Figures[] | undefined {
  const runs = runsOf(result, scenario, contender);
  if (runs.length === 0 || disqualification(runs) !== undefined) return undefined;
  return runs.flatMap(({ figures }) => figures ?? []);
}

/** A metric of all repeats; undefined when the contender is out or was not measured. */
export function valuesOf(result: BenchResult, scenario: Scenario, contender: string, metric: Metric): readonly number[] | undefined {
  return figuresOf(result, scenario, contender)?.flatMap((figures) => figures[metric] ?? []);
}

/** The peer with the highest median; latencies: the lowest. */
function bestPeer(result: BenchResult, { scenario, metric }: BarSpec): string | undefined {
  const sign = metric === 'jobsPerSecond' ? -1 : 1;
  const peers = result.contenders.filter(({ kind }) => kind === 'peer');
  const measured = peers.flatMap(({ name }) => {
    const values = valuesOf(result, scenario, name, metric);
    return values && values.length > 0 ? [{ name, rank: sign * median(values) }] : [];
  });
  return measured.toSorted((a, b) => a.rank - b.rank)[0]?.name;
}

/** Holds one bar against a result. Ours that is out has missed; a rival that is out leaves it unknown. */
export function judge(result: BenchResult, bar: BarSpec): BarResult {
  const rival = bar.against === 'best peer' ? (bestPeer(result, bar) ?? 'best peer') : bar.against;
  const hasBar = bar.least !== undefined || bar.most !== undefined;
  const isOut = disqualification(runsOf(result, bar.scenario, bar.ours)) !== undefined;
  const [ours, theirs] = [valuesOf(result, bar.scenario, bar.ours, bar.metric), valuesOf(result, bar.scenario, rival, bar.metric)];
  if (isOut && hasBar) return { ...bar, rival, verdict: 'missed' };
  if (!ours?.length || !theirs?.length) return { ...bar, rival, verdict: hasBar ? 'unknown' : 'shown' };
  const ratio = median(ours) / median(theirs);
  const range = spreadOf(ours.slice(0, theirs.length).map((value, index) => value / theirs[index]!))!;
  const isMet = ratio >= (bar.least ?? Number.NEGATIVE_INFINITY) && ratio <= (bar.most ?? Number.POSITIVE_INFINITY);
  return { ...bar, rival, ratio, range, verdict: hasBar ? (isMet ? 'met' : 'missed') : 'shown' };
}

/** All bars of the result. */
export function judgeAll(result: BenchResult): readonly BarResult[] {
  return BARS.map((bar) => judge(result, bar));
}

/** The last line, for scripts. */
export function closingLine(bars: readonly Pick<BarResult, 'verdict'>[]): string {
  const count = (verdict: BarResult['verdict']) => bars.filter((bar) => bar.verdict === verdict).length;
  const unknown = count('unknown');
  return `${count('met')} bars met, ${count('missed')} missed${unknown > 0 ? `, ${unknown} not measured` : ''}`;
}
