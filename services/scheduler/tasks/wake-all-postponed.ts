import { wakePostponed } from '../../../shared/jobs/wake-postponed.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Owes the jobs of pauses that have ended at once. @returns jobs owed. */
export async function wakeAllPostponed(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  return deps.control ? wakePostponed({ ...deps, ...deps.control }, signal) : 0;
}
