import { passAllTurns } from '../../../shared/jobs/turns/pass-turns.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Calls jobs that wait for a place of a limit to places that nobody has given on. @returns jobs called. */
export async function callWaitingTurns({ control, turns, ...deps }: SchedulerDeps, signal: AbortSignal): Promise<number> {
  if (!control || !turns) return 0;
  const { limits } = await control.controls.read();
  return passAllTurns({ ...deps, ...turns }, limits, signal);
}
