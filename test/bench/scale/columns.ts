import type { Curve } from './curves.ts';
import type { Metric } from './result.ts';

/** How a curve is shown: its heading, what its values are, and its columns. */
export interface CurveText {
  readonly heading: string;
  readonly axis: string;
  readonly metrics: readonly Metric[];
  readonly method: string;
}

/** What tables call a figure. */
export const METRIC_NAMES: Readonly<Record<Metric | 'cpuMs', string>> = {
  jobsPerSecond: 'jobs/s',
  submittedPerSecond: 'submitted/s',
  drainedPerSecond: 'drained/s',
  megabytesPerSecond: 'MB/s',
  p50Ms: 'p50, ms',
  p99Ms: 'p99, ms',
  errors: 'errors',
  bellsWaiting: 'messages in the queue',
  cpuMs: 'CPU ms a job',
};

/** Figures that are counted, not measured. */
export const COUNTS: ReadonlySet<Metric> = new Set(['errors', 'bellsWaiting']);

/** All curves as they are shown. */
export const CURVE_TEXTS: Readonly<Record<Curve, CurveText>> = {
  stored: {
    heading: 'Finished jobs stored',
    axis: 'stored',
    metrics: ['jobsPerSecond', 'submittedPerSecond'],
    method:
      'Batches of 500 in lane bulk. The stored jobs are records of jobs that ran in the same system, copied with new ids and keys and spread over the last 20 days: every index of finished jobs has an entry for each.',
  },
  waiting: {
    heading: 'Jobs waiting',
    axis: 'waiting',
    metrics: ['bellsWaiting', 'submittedPerSecond', 'p50Ms', 'p99Ms', 'drainedPerSecond'],
    method:
      'Lane standard, a message a job. After a warm-up the workers end, and so many jobs are submitted by POST /v1/jobs:batch; then, onto them, the measured batch, and single POSTs one after the other (p50, p99). Then the workers are started: rate and CPU are of the way down, to the end of the last job.',
  },
  payload: {
    heading: 'Payload',
    axis: 'bytes',
    metrics: ['jobsPerSecond', 'megabytesPerSecond'],
    method:
      'Batches of up to 500 jobs or 4 MB in lane bulk; text that does not compress. 1 MB is 1,000,000 bytes: MAX_BODY_BYTES, 1,048,576 by default, bounds the whole line.',
  },
  workers: {
    heading: 'Worker processes a stage',
    axis: 'processes',
    metrics: ['jobsPerSecond'],
    method: 'Batches of 500 in lane bulk; so many processes of p1-worker and as many of p2-worker. All share the cores of this machine.',
  },
  clients: {
    heading: 'Connections',
    axis: 'connections',
    metrics: ['submittedPerSecond', 'jobsPerSecond', 'p50Ms', 'p99Ms', 'errors'],
    method:
      'POST /v1/jobs, one job each, over so many keep-alive connections, each busy all the time; errors are those of the warm-up, too; p50 and p99 of the 202 as the client sees it. One client process, which shares the cores.',
  },
};
