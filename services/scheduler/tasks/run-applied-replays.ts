import { JobConflictError, JobEndNotToldError } from '../../../shared/domain/failures.ts';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { deleteJob } from '../../../shared/jobs/delete-job.ts';
import { runReplays } from '../../../shared/jobs/run-replays.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Carries out the replays and removals that were applied, by one scheduler at a time. @returns those that came to an end. */
export async function runAppliedReplays(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  const { replays, deadLetters } = deps;
  return replays && deadLetters ? runReplays({ ...deps, replays, deadLetters, remove: (record) => remove(deps, record) }, signal) : 0;
}

async function remove({ remover, deliveries, ...deps }: SchedulerDeps, record: JobRecord): Promise<boolean> {
  if (!remover || !deliveries) return false;
  try {
    await deleteJob({ ...deps, remover, deliveries }, record);
    return true;
  } catch (error) {
    if (error instanceof JobConflictError || error instanceof JobEndNotToldError) return false;
    throw error;
  }
}
