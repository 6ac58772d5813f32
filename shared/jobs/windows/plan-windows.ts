import type { CalendarWindow, Occurrence, WindowCalendar } from '../../domain/windows/calendar-window.ts';
import { occurrencesAfter } from '../../domain/windows/window-occurrences.ts';
import type { CalendarWindows } from '../../ports/calendar-windows.ts';
import type { Controls } from '../../ports/controls.ts';
import type { TickCalendar } from '../../ports/tick-calendar.ts';
import { windowTicks } from './window-ticks.ts';

/** Occurrences that are written down ahead, so that workers need no calendar and go on for long without a scheduler. */
const AHEAD = 32;
/** One that has ended is told for so long. */
const PAST_MS = 120_000;

export interface PlanWindowsDeps {
  readonly controls: Pick<Controls, 'read'>;
  readonly windows: Pick<CalendarWindows, 'plan'>;
  readonly calendar: Pick<TickCalendar, 'ticksOf'>;
}

/** The occurrences of a window as they are written down. @param now the store's clock. */
export function plannedOccurrences(
  calendar: Pick<TickCalendar, 'ticksOf'>,
  { calendar: when, skipped }: { readonly calendar: WindowCalendar; readonly skipped: readonly Date[] },
  now: Date,
): readonly Occurrence[] {
  const since = new Date(now.getTime() - PAST_MS);
  const found = occurrencesAfter(when, windowTicks(calendar, when), since, AHEAD + skipped.length);
  return found.filter(({ from }) => !skipped.some((one) => one.getTime() === from.getTime())).slice(0, AHEAD);
}

/**
 * Writes the occurrences to come of every window. What is written follows from window and clock alone, so that any number of
 * schedulers may do it, and one that was slow cannot undo an operator's change. @returns windows written.
 */
export async function planWindows({ controls, windows, calendar }: PlanWindowsDeps): Promise<number> {
  const { now, windows: known } = await controls.read();
  let written = 0;
  for (const window of known) {
    const occurrences = plannedOccurrences(calendar, window, now);
    if (!areSame(window, occurrences) && (await windows.plan(window.name, window.revision, occurrences))) written += 1;
  }
  return written;
}

function areSame({ occurrences: before }: CalendarWindow, after: readonly Occurrence[]): boolean {
  const isSame = (a: Occurrence, b: Occurrence | undefined) =>
    a.from.getTime() === b?.from.getTime() && a.until.getTime() === b.until.getTime();
  return before.length === after.length && before.every((one, index) => isSame(one, after[index]));
}
