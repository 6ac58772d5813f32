import { type CalendarWindow, occurrenceAt } from './calendar-window.ts';

/** A window that slows a stage now, and its rate. */
export interface Slowing {
  readonly window: CalendarWindow;
  /** Jobs that may start a second. */
  readonly perSecond: number;
}

/** What slows a stage now: of several windows the one with the lowest rate. @param now the store's clock. */
export function slowingOf(windows: readonly CalendarWindow[], stage: string, now: Date): Slowing | undefined {
  let slowest: Slowing | undefined;
  for (const window of windows) {
    const { effect, selector, perSecond } = window;
    if (effect !== 'slow' || selector.stage !== stage || perSecond === undefined || !occurrenceAt(window, now)) continue;
    if (!slowest || perSecond < slowest.perSecond) slowest = { window, perSecond };
  }
  return slowest;
}
