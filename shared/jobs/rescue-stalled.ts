import { backoffMs } from '../domain/backoff.ts';
import type { JobError } from '../domain/errors.ts';
import { groupBy } from '../domain/group-by.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { DEFAULT_RETRY } from '../domain/pipeline.ts';
import { retainMsIn } from '../domain/stage-end.ts';
import type { Transition } from '../domain/transition.ts';
import { crashLoop, expire, leaseLost, MAX_CRASHES } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { Failpoints } from '../ports/failpoints.ts';
import type { JobStore } from '../ports/job-store.ts';

const BATCH = 500;
/** Deadlines of one call at most; the next call goes on. */
const MAX_PER_CALL = 20_000;

export interface RescueDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly pipelines: Pipelines;
  readonly failpoints?: Failpoints;
}

/** T8: jobs whose holder's lease ran out. By lease, never by age. @returns how many were rescued or given up. */
export async function rescueStalled(deps: RescueDeps): Promise<number> {
  const stalled = await deps.store.find({ kind: 'lease_expired' }, BATCH);
  if (deps.failpoints && stalled.length > 0)
    await deps.failpoints.reach(
      'find|rescue',
      stalled.map(({ id }) => id),
    );
  const counts = await Promise.all(stalled.map((record) => deps.store.apply([record.id], lostTransition(deps, record))));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** T10: all active jobs whose deadline has passed, a batch a write. @returns how many ended. */
export async function expireOverdue(deps: RescueDeps, signal?: AbortSignal): Promise<number> {
  let expired = 0;
  for (let looked = 0; looked < MAX_PER_CALL && !signal?.aborted; looked += BATCH) {
    const overdue = await deps.store.find({ kind: 'deadline_passed' }, BATCH);
    for (const [retainMs, group] of groupBy(overdue, ({ type }) => retainMsIn(deps.pipelines, type)))
      expired += await deps.store.apply(
        group.map(({ id }) => id),
        expire(retainMs),
      );
    if (overdue.length < BATCH) break;
  }
  return expired;
}

/** T8 for a record whose lease is over: another try, or after the last crash allowed the end. */
export function lostTransition(deps: Pick<RescueDeps, 'clock' | 'pipelines'>, record: JobRecord): Transition {
  const { clock, pipelines } = deps;
  const terms = { claim: record.claim ?? '', token: clock.uuid() };
  const crashes = record.crashes + 1;
  if (crashes >= MAX_CRASHES)
    return crashLoop({ ...terms, retainMs: retainMsIn(deps.pipelines, record.type), error: crashLoopError(record, crashes) });
  const retry = pipelines.stageAt(record)?.retry ?? DEFAULT_RETRY;
  return leaseLost({ ...terms, afterMs: backoffMs(retry, crashes, clock.random()), error: lostError(record) });
}

function lostError(record: JobRecord): JobError {
  return {
    code: 'lease_lost',
    message: `The worker that ran Process ${record.stage + 1} stopped responding.`,
    errorClass: 'crash',
    detail: { owner: record.owner ?? null },
  };
}

function crashLoopError(record: JobRecord, crashes: number): JobError {
  return {
    code: 'crash_loop',
    message: `Process ${record.stage + 1} was given up: the worker that ran it died ${crashes} times.`,
    errorClass: 'crash',
    detail: { owner: record.owner ?? null, crashes },
  };
}
