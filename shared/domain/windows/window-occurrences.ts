import type { TickSource } from '../schedule/tick-source.ts';
import { ZoneClock } from '../schedule/zone-clock.ts';
import { type Occurrence, WEEKDAYS, type WindowCalendar } from './calendar-window.ts';
import { firstInstantOf, lastInstantOf } from './wall-instant.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** A weekly window that has none for so many days has none at all. */
const MOST_DAYS = 800;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 3;

/** Minutes of `HH:MM`. */
export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return hours! * 60 + minutes!;
}

/**
 * The occurrences of a window that end after an instant, oldest first.
 * @param ticks of a window by cron expression: when it begins.
 */
export function occurrencesAfter(calendar: WindowCalendar, ticks: TickSource, instant: Date, most: number): readonly Occurrence[] {
  return calendar.kind === 'weekly' ? weekly(calendar, instant, most) : byTicks(calendar.durationSeconds * 1_000, ticks, instant, most);
}

function byTicks(durationMs: number, ticks: TickSource, instant: Date, most: number): readonly Occurrence[] {
  const found: Occurrence[] = [];
  let from = ticks.after(new Date(instant.getTime() - durationMs));
  while (from && found.length < most) {
    found.push({ from, until: new Date(from.getTime() + durationMs) });
    from = ticks.after(from);
  }
  return found;
}

function weekly(calendar: Extract<WindowCalendar, { kind: 'weekly' }>, instant: Date, most: number): readonly Occurrence[] {
  const clock = new ZoneClock(calendar.timeZone);
  const [fromMinute, untilMinute] = [minutesOf(calendar.from), minutesOf(calendar.until)];
  const lastsMinutes = untilMinute - fromMinute + (untilMinute <= fromMinute ? 24 * 60 : 0);
  const found: Occurrence[] = [];
  const today = Math.floor((instant.getTime() + clock.offsetMs(instant.getTime())) / DAY_MS);
  // One that began two days ago may last still, where a zone sets its clocks back by a day.
  for (let day = today - 2; found.length < most && day < today + MOST_DAYS; day += 1) {
    if (!calendar.weekdays.includes(weekdayOf(day))) continue;
    const beginsWallMs = day * DAY_MS + fromMinute * MINUTE_MS;
    const fromMs = firstInstantOf(clock, beginsWallMs);
    const untilMs = lastInstantOf(clock, beginsWallMs + lastsMinutes * MINUTE_MS);
    if (untilMs > instant.getTime() && untilMs > fromMs) found.push({ from: new Date(fromMs), until: new Date(untilMs) });
  }
  return found;
}

function weekdayOf(day: number): (typeof WEEKDAYS)[number] {
  return WEEKDAYS[(((day + FIRST_WEEKDAY) % 7) + 7) % 7]!;
}
