import { runReplays } from '../../../shared/jobs/run-replays.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Carries out the replays that were applied, by one scheduler at a time. @returns replays that came to an end. */
export async function runAppliedReplays(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  const { replays, deadLetters } = deps;
  return replays && deadLetters ? runReplays({ ...deps, replays, deadLetters }, signal) : 0;
}
