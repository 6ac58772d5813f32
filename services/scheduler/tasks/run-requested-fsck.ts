import { runFsckRequests } from '../../../shared/jobs/run-fsck-requests.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Runs the fsck that was asked for, by one scheduler at a time. @returns runs that came to an end. */
export async function runRequestedFsck(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  const { fsckRuns } = deps;
  return fsckRuns ? runFsckRequests({ ...deps, fsckRuns }, signal) : 0;
}
