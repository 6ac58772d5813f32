import { OverloadedError, QuotaExceededError, StoreUnavailableError } from '../../domain/failures.ts';
import type { ScheduleRecord, Tick, TickDecision } from '../../domain/schedule/schedule.ts';
import type { TickEnd, TickEntry } from '../../ports/schedule-store.ts';
import type { SubmitAnswer } from '../submit-job.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { type TickRequest, tickRequest } from './tick-request.ts';

/** Jobs of one insert. */
const MOST_JOBS = 500;

/**
 * Does what the record's outbox says: writes the ledger, submits the jobs, and writes what became of them. Anybody may do it, again and at the
 * same time: ids of ticks and of jobs are given. @returns how the ticks ended. @throws StoreUnavailableError: then it is to be done again.
 */
export async function settleTicks(deps: ScheduleDeps, record: ScheduleRecord): Promise<readonly TickEnd[]> {
  await deps.schedules.openTicks(record.outbox.map((decision) => entryOf(record, decision)));
  const runs = record.outbox.filter(({ action }) => action === 'run');
  const ends: TickEnd[] = [];
  for (let from = 0; from < runs.length; from += MOST_JOBS) {
    ends.push(...(await submitSome(deps, record, runs.slice(from, from + MOST_JOBS))));
  }
  return ends;
}

function entryOf({ id: scheduleId, tenant }: ScheduleRecord, decision: TickDecision): TickEntry {
  const { id, at, kind, action, reason, lastAt, isKnown } = decision;
  const state = ({ run: 'due', skip: 'skipped', wait: 'waiting' } as const)[action];
  const tick = { id, scheduleId, tenant, at, kind, state, ...(reason && { reason }), ...(lastAt && { lastAt }) };
  return { tick, ...(isKnown && { replaces: kind === 'backfill' ? ['skipped', 'failed', 'waiting'] : ['waiting'] }) };
}

async function submitSome(deps: ScheduleDeps, record: ScheduleRecord, runs: readonly TickDecision[]): Promise<readonly TickEnd[]> {
  const lines = await deps.schedules.readTicks(runs.map(({ id }) => id));
  const open = new Map(lines.filter(({ state }) => state === 'due').map((line) => [line.id, line]));
  const requests = await Promise.all(
    runs.filter(({ id }) => open.has(id)).map(async (run) => ({ run, made: await tickRequest(deps, record, run) })),
  );
  const ends = await submitValid(deps, requests);
  if (ends.length > 0) await deps.schedules.endTicks(ends);
  return [...ends, ...lines.flatMap(endedBefore)];
}

/** What another that settles the same has written. */
function endedBefore({ id, state, jobId }: Tick): readonly TickEnd[] {
  return state === 'due' || state === 'waiting' ? [] : [{ id, state, ...(jobId !== undefined && { jobId }) }];
}

interface Requested {
  readonly run: TickDecision;
  readonly made: TickRequest;
}

async function submitValid(deps: ScheduleDeps, requested: readonly Requested[]): Promise<readonly TickEnd[]> {
  const ids = requested.flatMap(({ made }) => (made.ok ? [made.request.id] : []));
  if (ids.length === 0) return requested.map(({ run, made }) => refused(run, made));
  // A repeat must not be refused for a quota that its own job has used up.
  const there = new Set((await deps.store.read(ids, 'majority')).map(({ id }) => id));
  const fresh = requested.flatMap(({ made }) => (made.ok && !there.has(made.request.id) ? [made.request] : []));
  const answers = fresh.length === 0 ? [] : await deps.submitter.submitMany(fresh);
  const answerOf = new Map(fresh.map(({ id }, index) => [id, answers[index]!]));
  return requested.map(({ run, made }) => {
    if (!made.ok) return refused(run, made);
    const { id: jobId } = made.request;
    return there.has(jobId) ? { id: run.id, state: 'submitted', jobId } : endOf(run, answerOf.get(jobId)!);
  });
}

function refused({ id }: TickDecision, made: TickRequest): TickEnd {
  if (made.ok) throw new Error('A tick that can be submitted was refused.');
  const detail = made.problems.map((problem) => `${problem.pointer} ${problem.detail}`).join('; ');
  return { id, state: 'failed', reason: made.reason, detail: detail.slice(0, 1_000) };
}

function endOf({ id }: TickDecision, answer: SubmitAnswer): TickEnd {
  if (!(answer instanceof Error)) return { id, state: 'submitted', jobId: answer.id };
  if (answer instanceof StoreUnavailableError) throw answer;
  if (answer instanceof QuotaExceededError || answer instanceof OverloadedError) {
    return { id, state: 'skipped', reason: 'quota_exceeded', detail: answer.message };
  }
  return { id, state: 'failed', reason: 'not_stored', detail: answer.message.slice(0, 1_000) };
}
