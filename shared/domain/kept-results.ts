import type { JobRecord, StageResult } from './job.ts';

/** The results whose outputs are needed: those of the job, and those that an undo of its replay from the beginning would bring back. */
export function keptResults({ results, former }: Pick<JobRecord, 'results' | 'former'>): readonly StageResult[] {
  return former ? [...results, ...former.results] : results;
}
