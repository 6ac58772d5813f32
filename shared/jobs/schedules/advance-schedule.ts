import { planTicks } from '../../domain/schedule/plan-ticks.ts';
import type { ScheduleRecord } from '../../domain/schedule/schedule.ts';
import { tickJobId } from '../../domain/schedule/tick-id.ts';
import { boundedTicks, type TickSource } from '../../domain/schedule/tick-source.ts';
import type { TickEnd } from '../../ports/schedule-store.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { settleTicks } from './settle-ticks.ts';

/** A step forward: the record as it is now, and the ticks that ended by it. */
export interface Advanced {
  readonly record: ScheduleRecord;
  readonly ends: readonly TickEnd[];
}

/** The ticks of a schedule, within its start and end. */
export function ticksOf({ calendar }: Pick<ScheduleDeps, 'calendar'>, { spec }: Pick<ScheduleRecord, 'spec'>): TickSource {
  return boundedTicks(calendar.ticksOf(spec.timing), spec.startAt, spec.endAt);
}

/**
 * Empties the outbox of a schedule: settles it, then takes it out of the record.
 * @returns undefined where somebody else has written the record meanwhile: it is to be read again.
 */
export async function emptyOutbox(deps: ScheduleDeps, record: ScheduleRecord): Promise<Advanced | undefined> {
  if (record.outbox.length === 0) return { record, ends: [] };
  const ends = await settleTicks(deps, record);
  const { slot, ...rest } = record;
  const isLost = slot !== undefined && ends.some(({ id, state }) => id === slot.id && state !== 'submitted');
  const nextAt = record.waiting.length > 0 && isLost ? record.cursorAt : record.nextAt;
  const emptied = await deps.schedules.replace({ ...rest, outbox: [], ...(slot && !isLost && { slot }), ...(nextAt && { nextAt }) });
  return emptied && { record: emptied, ends };
}

/** Whether the job that holds the slot has still to end. */
async function slotIsBusy({ store, fingerprint }: ScheduleDeps, { slot }: ScheduleRecord): Promise<boolean> {
  if (!slot) return false;
  const [job] = await store.read([tickJobId(slot.at, fingerprint(slot.id))], 'majority');
  return job?.active === true;
}

/**
 * Decides what is due by now and does it. Every decision is one write that compares versions, so that of any number of schedulers one
 * decides, and whoever comes after a crash finds what was decided. @returns undefined where somebody else was faster.
 */
export async function advanceSchedule(deps: ScheduleDeps, found: ScheduleRecord): Promise<Advanced | undefined> {
  const before = await emptyOutbox(deps, found);
  if (!before) return undefined;
  const { slot: _, nextAt: __, ...kept } = before.record;
  const serverTime = await deps.store.serverTime();
  // After a fail-over the clock of the new primary may be behind.
  const now = new Date(Math.max(serverTime.getTime(), kept.cursorAt.getTime()));
  const facts = { now, ticks: ticksOf(deps, kept), slotIsBusy: await slotIsBusy(deps, before.record) };
  const pauses = kept.pauses.filter(({ until }) => until === undefined || until > now);
  const planned = await deps.schedules.replace({ ...kept, pauses, ...planTicks(before.record, facts) });
  const after = planned && (await emptyOutbox(deps, planned));
  return after && { record: after.record, ends: [...before.ends, ...after.ends] };
}
