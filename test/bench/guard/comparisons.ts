import type { Scenario } from '../suite/contender.ts';

/** What a round measures. */
export interface RoundFigures {
  readonly jobsPerSecond?: number;
  /** CPU time of all processes of a contender a thousand jobs, seconds. */
  readonly cpuPerThousand?: number;
  readonly p50Ms?: number;
  /** How much of all processors something else than the contender took meanwhile, 0..1. */
  readonly disturbance: number;
}

/** A figure that two contenders are compared by. */
export type GuardMetric = Exclude<keyof RoundFigures, 'disturbance'>;

/** A ratio that is held against the baseline. */
export interface Comparison {
  readonly scenario: Scenario;
  readonly metric: GuardMetric;
  readonly ours: string;
  readonly rival: string;
}

/** What runs side by side on servers that stay up: contenders, and what they do in turn. */
export interface Phase {
  readonly contenders: readonly string[];
  readonly scenarios: readonly Scenario[];
}

/** Batches first, then everything that goes in by one POST a job. */
export const PHASES: readonly Phase[] = [
  { contenders: ['jobline', 'raw-fused-100', 'bullmq-always'], scenarios: ['batch'] },
  { contenders: ['jobline-http', 'raw-koa', 'bullmq-always'], scenarios: ['single', 'latency'] },
];

const METRICS: Readonly<Record<Scenario, readonly GuardMetric[]>> = {
  batch: ['jobsPerSecond', 'cpuPerThousand'],
  single: ['jobsPerSecond', 'cpuPerThousand'],
  latency: ['p50Ms'],
};

/** All ratios: ours, which stands first in a phase, to each of the others. */
export const COMPARISONS: readonly Comparison[] = PHASES.flatMap(({ contenders: [ours, ...rivals], scenarios }) =>
  scenarios.flatMap((scenario) => METRICS[scenario].flatMap((metric) => rivals.map((rival) => ({ scenario, metric, ours: ours!, rival })))),
);

const METRIC_NAMES: Readonly<Record<GuardMetric, string>> = { jobsPerSecond: 'jobs/s', cpuPerThousand: 'CPU a job', p50Ms: 'p50' };

/** Its name in tables and in the baseline, e.g. `batch jobs/s, jobline / raw-fused-100`. */
export function comparisonName({ scenario, metric, ours, rival }: Comparison): string {
  return `${scenario} ${METRIC_NAMES[metric]}, ${ours} / ${rival}`;
}
