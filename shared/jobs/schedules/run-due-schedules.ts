import type { ScheduleRecord } from '../../domain/schedule/schedule.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { advanceSchedule } from './advance-schedule.ts';
import type { ScheduleDeps } from './schedule-deps.ts';

/** Schedules looked at in one read, and worked on at once. */
const BATCH = 100;
const AT_ONCE = 8;

/** What a pass over the due schedules did. */
export interface SchedulePass {
  /** Jobs submitted. */
  readonly submitted: number;
  /** There may be others that are due. */
  readonly isMore: boolean;
}

/** Advances the schedules that are due, eight at a time, in an order by chance: several schedulers begin at different ones. */
export async function runDueSchedules(
  deps: ScheduleDeps & { readonly clock: Pick<Clock, 'random'>; readonly logger: Logger },
  signal: AbortSignal,
): Promise<SchedulePass> {
  const due = [...(await deps.schedules.due(await deps.store.serverTime(), BATCH))];
  const order = due.map((record) => ({ record, place: deps.clock.random() })).sort((a, b) => a.place - b.place);
  const left = order.map(({ record }) => record);
  let submitted = 0;
  let advanced = 0;
  const work = async () => {
    for (let record = left.pop(); record && !signal.aborted; record = left.pop()) {
      const ends = await advanceOne(deps, record);
      advanced += ends ? 1 : 0;
      submitted += ends?.filter(({ state }) => state === 'submitted').length ?? 0;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { submitted, isMore: due.length === BATCH && advanced > 0 };
}

async function advanceOne(deps: ScheduleDeps & { readonly logger: Logger }, record: ScheduleRecord) {
  const done = await advanceSchedule(deps, record);
  for (const { id, state, reason, detail } of done?.ends ?? []) {
    if (state === 'failed') deps.logger.warn({ tick: id, tenant: record.tenant, reason, detail }, 'a tick of a schedule made no job');
  }
  return done?.ends;
}
