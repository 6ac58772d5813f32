import { ScheduleBusyError, ScheduleNotFoundError } from '../../domain/failures.ts';
import type { Pause, ScheduleRecord, ScheduleSpec } from '../../domain/schedule/schedule.ts';
import { advanceSchedule, ticksOf } from './advance-schedule.ts';
import type { ScheduleDeps } from './schedule-deps.ts';

/** Somebody else wrote the record so often in the time of one change: schedulers, each once a tick. */
const MOST_TRIES = 20;
/** Pauses that are not accounted for yet. */
const MOST_PAUSES = 50;

/** What is wanted of a schedule: `check` may refuse the record as it is by throwing, `change` says what it is to be. */
export interface ScheduleChange {
  check?(record: ScheduleRecord): void;
  change(record: ScheduleRecord, now: Date): ScheduleRecord;
}

/** @throws ScheduleNotFoundError, also for one of another tenant. */
export async function readSchedule({ schedules }: Pick<ScheduleDeps, 'schedules'>, tenant: string, id: string): Promise<ScheduleRecord> {
  const record = await schedules.read(tenant, id);
  if (!record) throw new ScheduleNotFoundError(id);
  return record;
}

/** A new record, whose first tick comes after `now`. */
export function newSchedule(
  deps: ScheduleDeps,
  given: Pick<ScheduleRecord, 'id' | 'tenant' | 'spec' | 'requestHash'>,
  now: Date,
): ScheduleRecord {
  const next = ticksOf(deps, given).after(now);
  const state = { version: 1, revision: 1, pauses: [], cursorAt: now, outbox: [], waiting: [], createdAt: now, updatedAt: now };
  return { ...given, ...state, ...(next && { nextAt: next }) };
}

/**
 * Changes a schedule. What was due before is decided first, as the schedule was then. @throws ScheduleNotFoundError, ScheduleBusyError, and
 * what `check` throws.
 */
export async function changeSchedule(
  deps: ScheduleDeps,
  tenant: string,
  id: string,
  { check, change }: ScheduleChange,
): Promise<ScheduleRecord> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const found = await readSchedule(deps, tenant, id);
    check?.(found);
    const advanced = await advanceSchedule(deps, found);
    if (!advanced) continue;
    const { record } = advanced;
    check?.(record);
    const wanted = change(record, record.cursorAt);
    const changed = await deps.schedules.replace({ ...wanted, revision: record.revision + 1, updatedAt: record.cursorAt });
    if (changed) return changed;
  }
  throw new ScheduleBusyError();
}

/** The record with another spec: its ticks are those of the new one from now on. */
export function withSpec(deps: ScheduleDeps, record: ScheduleRecord, spec: ScheduleSpec): ScheduleRecord {
  const { nextAt: _, ...kept } = record;
  const next = record.waiting.length > 0 ? record.cursorAt : ticksOf(deps, { spec }).after(record.cursorAt);
  return { ...kept, spec, ...(next && { nextAt: next }) };
}

/** The record paused from now on. @param until without it until somebody resumes. */
export function paused(record: ScheduleRecord, now: Date, until?: Date): ScheduleRecord {
  const ended = endPauses(record.pauses, now).slice(-MOST_PAUSES + 1);
  return { ...record, pauses: [...ended, { from: now, ...(until && { until }) }] };
}

/** The record without a pause from now on; ticks within the pause stay skipped. */
export function resumed(record: ScheduleRecord, now: Date): ScheduleRecord {
  return { ...record, pauses: endPauses(record.pauses, now), ...(record.waiting.length > 0 && { nextAt: now }) };
}

function endPauses(pauses: readonly Pause[], now: Date): readonly Pause[] {
  return pauses.map(({ from, until }) => ({ from, until: until && until < now ? until : now }));
}

/** Removes a schedule with its ledger; its jobs stay. @throws ScheduleNotFoundError, ScheduleBusyError, and what `check` throws. */
export async function removeSchedule(
  deps: ScheduleDeps,
  tenant: string,
  id: string,
  check: (record: ScheduleRecord) => void,
): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const record = await readSchedule(deps, tenant, id);
    check(record);
    if (await deps.schedules.remove(record)) return;
  }
  throw new ScheduleBusyError();
}
