import { type Limit, turnsOf } from '../../domain/control/limit.ts';
import { OWED_AFTER_MS, rearm } from '../../domain/transitions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { LimitPlaces } from '../../ports/limit-places.ts';
import type { WaitingTurns } from '../../ports/waiting-turns.ts';
import { type Ringer, ringOf } from '../ringer.ts';

/** A place is kept for a job whose bell is under way for so long. */
const KEPT_FOR_MS = 10_000;
/** Jobs called in one go, at most. */
const MOST_A_CALL = 100;
/** Limits that one sweep looks at. */
const MOST_NAMES = 1_000;

export interface PassTurnsDeps {
  readonly places: LimitPlaces;
  readonly waiting: WaitingTurns;
  readonly store: Pick<JobStore, 'apply'>;
  readonly clock: Pick<Clock, 'uuid'>;
  readonly ringer: Pick<Ringer, 'ring'>;
}

/** Calls the jobs that waited longest to the free places of a limit, each to a place that is kept for it. @returns how many. */
export async function passTurns(deps: PassTurnsDeps, name: string, limits: readonly Limit[]): Promise<number> {
  let called = 0;
  for (let tried = 0; tried < MOST_A_CALL; tried += 1) {
    const { taken, keptFor } = await deps.places.look(name);
    const job = await deps.waiting.next(name, keptFor);
    if (!job) return called;
    const places = turnsOf(job, limits).find((one) => one.name === name)?.places;
    if (places !== undefined && taken >= places) return called;
    const wanted = { name, jobId: job.id, forMs: KEPT_FOR_MS };
    // Another has called it, or has taken the place: look again. Of a limit that is no more, all may come.
    if (places !== undefined && !(await deps.places.keep({ ...wanted, places }))) continue;
    const token = deps.clock.uuid();
    if ((await deps.store.apply([job.id], rearm(job.gen, token, OWED_AFTER_MS))) === 1) {
      await deps.ringer.ring([ringOf(job, token)]);
    }
    called += 1;
  }
  return called;
}

/** The same for every limit that jobs wait for: finds places whose holder died, and limits that were changed. @returns jobs called. */
export async function passAllTurns(deps: PassTurnsDeps, limits: readonly Limit[], signal: AbortSignal): Promise<number> {
  let called = 0;
  for (const name of await deps.waiting.names(MOST_NAMES)) {
    if (signal.aborted) break;
    called += await passTurns(deps, name, limits);
  }
  return called;
}
