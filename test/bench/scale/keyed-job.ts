import type { BenchJob } from '../suite/contender.ts';

/** The job with an idempotency key of its own: however often it is sent, it is one job. */
export function withKey(job: BenchJob): BenchJob {
  return { ...job, key: `bench-${process.pid}-${job.n}` };
}
