import type { TickSource } from '../../domain/schedule/tick-source.ts';
import type { WindowCalendar } from '../../domain/windows/calendar-window.ts';
import type { TickCalendar } from '../../ports/tick-calendar.ts';

const NONE: TickSource = { after: () => undefined };

/** When a window by cron expression begins. */
export function windowTicks(calendar: Pick<TickCalendar, 'ticksOf'>, when: WindowCalendar): TickSource {
  if (when.kind === 'weekly') return NONE;
  return calendar.ticksOf({ kind: 'cron', expression: when.expression, timeZone: when.timeZone });
}
