import { ScheduleBusyError } from '../../domain/failures.ts';
import type { ScheduleRecord, Tick, TickDecision, TickRef } from '../../domain/schedule/schedule.ts';
import { manualTickId, tickId } from '../../domain/schedule/tick-id.ts';
import { ticksBetween } from '../../domain/schedule/tick-source.ts';
import { emptyOutbox, ticksOf } from './advance-schedule.ts';
import { readSchedule } from './change-schedule.ts';
import type { ScheduleDeps } from './schedule-deps.ts';

const MOST_TRIES = 20;

/** Runs of one backfill. */
export const MOST_BACKFILL = 1_000;
/** With overlap `skip` or `queue`: ticks that may wait. */
const MOST_WAITING = 1_000;

/** Adds decisions to the outbox of a schedule and does them. @throws ScheduleBusyError, ScheduleNotFoundError. */
async function decide(
  deps: ScheduleDeps,
  { tenant, id }: Pick<ScheduleRecord, 'tenant' | 'id'>,
  add: (record: ScheduleRecord) => ScheduleRecord,
): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const found = await emptyOutbox(deps, await readSchedule(deps, tenant, id));
    const decided = found && (await deps.schedules.replace(add(found.record)));
    if (!decided) continue;
    // Should somebody else be faster now, it is by doing the same.
    await emptyOutbox(deps, decided);
    return;
  }
  throw new ScheduleBusyError();
}

/** Runs a schedule now, whatever it and its policies say. @param token a repeat with the same is the same run. @returns its tick. */
export async function runNow(deps: ScheduleDeps, record: ScheduleRecord, token: string): Promise<Tick> {
  const id = manualTickId(record.id, token);
  const at = await deps.store.serverTime();
  const [known] = await deps.schedules.readTicks([id]);
  if (known && known.state !== 'due') return known;
  const run: TickDecision = { id, at: known?.at ?? at, kind: 'manual', action: 'run' };
  await decide(deps, record, (now) => ({ ...now, outbox: [run] }));
  const [tick] = await deps.schedules.readTicks([id]);
  if (!tick || tick.state === 'due') throw new ScheduleBusyError();
  return tick;
}

/** What a backfill found in its range. */
export interface BackfillPlan {
  /** Instants that make a job now. */
  readonly runs: readonly Date[];
  /** Instants that have made one, or are about to. */
  readonly alreadyRun: number;
  /** There are more than 1,000 instants in the range: the first ones were looked at. */
  readonly isMore: boolean;
}

/**
 * Decides to make the jobs of past instants that have none, in [from, until): those that were skipped, failed, or came before the
 * schedule. With overlap `skip` or `queue` they run one after the other. What is decided is durable; a scheduler, which the change wakes,
 * does it: a thousand jobs take longer than a request may.
 * @throws ScheduleBusyError, ScheduleNotFoundError.
 */
export async function backfill(
  deps: ScheduleDeps,
  { tenant, id }: Pick<ScheduleRecord, 'tenant' | 'id'>,
  from: Date,
  until: Date,
): Promise<BackfillPlan> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const found = await emptyOutbox(deps, await readSchedule(deps, tenant, id));
    if (!found) continue;
    const { refs, ...plan } = await planBackfill(deps, found.record, from, until);
    if (refs.length === 0 || (await deps.schedules.replace(withBackfill(found.record, refs)))) return plan;
  }
  throw new ScheduleBusyError();
}

async function planBackfill(
  deps: ScheduleDeps,
  record: ScheduleRecord,
  from: Date,
  until: Date,
): Promise<BackfillPlan & { readonly refs: readonly TickRef[] }> {
  const last = new Date(Math.min(until.getTime() - 1, record.cursorAt.getTime()));
  const found = ticksBetween(ticksOf(deps, record), new Date(from.getTime() - 1), last, MOST_BACKFILL + 1);
  const instants = found.slice(0, MOST_BACKFILL);
  const lines = await deps.schedules.readTicks(instants.map((at) => tickId(record.id, at)));
  const hasRun = new Set(lines.filter(({ state }) => state !== 'skipped' && state !== 'failed').map((line) => line.id));
  const refs = instants.map((at): TickRef => ({ id: tickId(record.id, at), at, kind: 'backfill' })).filter((ref) => !hasRun.has(ref.id));
  return { refs, runs: refs.map(({ at }) => at), alreadyRun: hasRun.size, isMore: found.length > MOST_BACKFILL };
}

function withBackfill(record: ScheduleRecord, refs: readonly TickRef[]): ScheduleRecord {
  const isAtOnce = record.spec.overlap === 'allow';
  if (!isAtOnce && record.waiting.length + refs.length > MOST_WAITING) throw new ScheduleBusyError();
  const outbox = refs.map((ref): TickDecision => ({ ...ref, action: isAtOnce ? 'run' : 'wait', isKnown: true }));
  if (isAtOnce) return { ...record, outbox };
  const isWaiting = new Set(record.waiting.map(({ id }) => id));
  return { ...record, outbox, waiting: [...record.waiting, ...refs.filter(({ id }) => !isWaiting.has(id))], nextAt: record.cursorAt };
}
