import type { JobRecord } from './job.ts';

/** Names what one claim of a stage produced. */
export interface OutputKey {
  readonly jobId: string;
  readonly stage: number;
  readonly claim: string;
}

/** Keys of what is visible of a job: the outputs of its committed claims, in the order of the commits. */
export function committedOutputKeys({ id, results }: Pick<JobRecord, 'id' | 'results'>): readonly OutputKey[] {
  return results.map(({ stage, claim }) => ({ jobId: id, stage, claim }));
}
