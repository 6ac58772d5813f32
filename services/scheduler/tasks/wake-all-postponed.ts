import { wakeAfterBreakers } from '../../../shared/jobs/wake-after-breakers.ts';
import { wakePostponed } from '../../../shared/jobs/wake-postponed.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Owes the jobs of pauses that have ended, and of breakers that were closed, at once. @returns jobs owed. */
export async function wakeAllPostponed(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  const { control, sites } = deps;
  if (!control) return 0;
  const woken = await wakePostponed({ ...deps, ...control }, signal);
  return woken + (sites ? await wakeAfterBreakers({ ...deps, ...control, sites }, signal) : 0);
}
