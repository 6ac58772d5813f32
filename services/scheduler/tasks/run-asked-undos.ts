import { runReplayUndos } from '../../../shared/jobs/run-replay-undos.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Takes back the replays whose undo was asked for, by one scheduler at a time. @returns jobs that are dead letters again. */
export async function runAskedUndos(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  const { replays } = deps;
  return replays ? runReplayUndos({ ...deps, replays }, signal) : 0;
}
