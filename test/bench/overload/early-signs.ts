import type { ParsedMetrics } from '../../support/parsed-metrics.ts';
import type { Scrape } from './metrics-watch.ts';

/** Where an overload shows, and from which value on. */
export interface Sign {
  readonly name: string;
  readonly service: string;
  /** The level, for people. */
  readonly level: string;
  /** Whether a scrape shows it, with those before. */
  readonly shows: (seen: ParsedMetrics, before: readonly Scrape[], atMs: number, bound: number) => boolean;
}

const NEAR_BOUND = 0.8;
const HORIZON_S = 600;
const WINDOW_MS = 300_000;
const [BACKLOG_S, OLDEST_S] = [10, 5];

const most = (seen: ParsedMetrics, name: string) => Math.max(...seen.all(name).map(({ value }) => value), 0);

/** Value after `aheadMs` if it goes on as the points do: least squares, as PromQL's predict_linear. NaN for fewer than two points. */
export function foretold(points: readonly (readonly [atMs: number, value: number])[], fromMs: number, aheadMs: number): number {
  const count = points.length;
  const meanX = points.reduce((sum, [atMs]) => sum + (atMs - fromMs), 0) / count;
  const meanY = points.reduce((sum, [, value]) => sum + value, 0) / count;
  const covariance = points.reduce((sum, [atMs, value]) => sum + (atMs - fromMs - meanX) * (value - meanY), 0);
  const variance = points.reduce((sum, [atMs]) => sum + (atMs - fromMs - meanX) ** 2, 0);
  return meanY + (covariance / variance) * (aheadMs - meanX);
}

function willReachBound(before: readonly Scrape[], atMs: number): boolean {
  const recent = before.filter((one) => one.atMs > atMs - WINDOW_MS);
  const points = recent.map((one) => [one.atMs, one.metrics.value('jobline_gate_waiting_jobs') ?? 0] as const);
  const limit = recent.at(-1)?.metrics.value('jobline_gate_waiting_jobs_limit') ?? Number.POSITIVE_INFINITY;
  return foretold(points, atMs, HORIZON_S * 1_000) > limit;
}

/** The metrics that have to show an overload before the first refusal; the levels of shipped alerts where there is one. */
export const SIGNS: readonly Sign[] = [
  {
    name: 'the bound within 10 min (alert JoblineBacklogGrows)',
    service: 'gateway',
    level: 'predict_linear(jobline_gate_waiting_jobs[5m], 600) > jobline_gate_waiting_jobs_limit',
    shows: (_seen, before, atMs) => willReachBound(before, atMs),
  },
  {
    name: 'fill of the bound (alert JoblineBacklogNearBound)',
    service: 'gateway',
    level: `jobline_gate_waiting_jobs / jobline_gate_waiting_jobs_limit > ${NEAR_BOUND}`,
    shows: (seen) => (seen.value('jobline_gate_waiting_jobs') ?? 0) > NEAR_BOUND * seen.value('jobline_gate_waiting_jobs_limit')!,
  },
  {
    name: 'jobs waiting',
    service: 'scheduler',
    level: 'jobline_jobs{state="queued"}, all stages and lanes, above half of the bound',
    shows: (seen, _before, _atMs, bound) => (seen.value('jobline_jobs', { state: 'queued' }) ?? 0) > bound / 2,
  },
  {
    name: 'backlog in seconds',
    service: 'scheduler',
    level: `jobline_backlog_seconds of a stage and lane above ${BACKLOG_S} s`,
    shows: (seen) => most(seen, 'jobline_backlog_seconds') > BACKLOG_S,
  },
  {
    name: 'age of the oldest',
    service: 'scheduler',
    level: `jobline_oldest_waiting_seconds of a stage and lane above ${OLDEST_S} s`,
    shows: (seen) => most(seen, 'jobline_oldest_waiting_seconds') > OLDEST_S,
  },
];

/** When a sign was first to be seen; undefined: never. */
export function firstShown(sign: Sign, scrapes: readonly Scrape[], bound: number): number | undefined {
  const own = scrapes.filter(({ service }) => service === sign.service);
  return own.find(({ metrics, atMs }, index) => sign.shows(metrics, own.slice(0, index + 1), atMs, bound))?.atMs;
}
