/** What grows. */
export const CURVES = ['stored', 'waiting', 'payload', 'workers', 'clients'] as const;
export type Curve = (typeof CURVES)[number];

const DEPTHS = [0, 10_000, 100_000, 1_000_000];
/** Bytes of a job's input; the largest is within the default of MAX_BODY_BYTES, 1,048,576 for the whole line. */
const PAYLOADS = [200, 2_000, 20_000, 200_000, 1_000_000];
const PROCESSES = [1, 2, 4];
const CONNECTIONS = [1, 8, 64, 256, 1_000];
/** Large payloads get fewer jobs: all sizes move at most this many bytes for each job asked for. */
const BYTES_A_JOB = 10_000;
const LEAST_JOBS = 20;
/** One connection is slow: it gets fewer jobs. Each of many has to have some. */
const MOST_JOBS_A_CONNECTION = 2_000;
const LEAST_JOBS_A_CONNECTION = 5;

/** How far the curves go. */
export interface Extent {
  readonly maxStored: number;
  readonly maxWaiting: number;
}

/** The values at which a curve is measured, ascending. A depth below the next step is measured instead of it. */
export function pointsOf(curve: Curve, { maxStored, maxWaiting }: Extent): readonly number[] {
  const upTo = (most: number) => [...new Set([...DEPTHS.filter((depth) => depth <= most), most])];
  switch (curve) {
    case 'stored':
      return upTo(maxStored);
    case 'waiting':
      return upTo(maxWaiting);
    case 'payload':
      return PAYLOADS;
    case 'workers':
      return PROCESSES;
    case 'clients':
      return CONNECTIONS;
  }
}

/** How many jobs are measured at a point, of those asked for. */
export function jobsAt(curve: Curve, value: number, jobs: number): number {
  if (curve === 'payload') return Math.min(jobs, Math.max(Math.floor((jobs * BYTES_A_JOB) / value), LEAST_JOBS));
  if (curve === 'clients') return Math.max(Math.min(jobs, MOST_JOBS_A_CONNECTION * value), LEAST_JOBS_A_CONNECTION * value);
  return jobs;
}
