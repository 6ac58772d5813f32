import type { PauseSelector } from '../control/pause.ts';

/** Days of the week by which weekly windows are named, Monday first. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When a window is: on days of the week between two wall times, or for so long from each tick of a cron expression. */
export type WindowCalendar =
  | {
      readonly kind: 'weekly';
      /** Of the day on which it begins. */
      readonly weekdays: readonly Weekday[];
      /** `HH:MM`. */
      readonly from: string;
      /** `HH:MM`, up to 24:00; not after `from`: on the next day. */
      readonly until: string;
      readonly timeZone: string;
    }
  | { readonly kind: 'cron'; readonly expression: string; readonly durationSeconds: number; readonly timeZone: string };

/** One time a window is: from the first instant in it to the first after it. */
export interface Occurrence {
  readonly from: Date;
  readonly until: Date;
}

/**
 * What a window does. `off_peak`: jobs that are off-peak start in it alone. `stop`: what is selected does not start in it.
 * `start`: it starts in it alone. `slow`: no more of its stage start a second.
 */
export const WINDOW_EFFECTS = ['off_peak', 'stop', 'start', 'slow'] as const;
export type WindowEffect = (typeof WINDOW_EFFECTS)[number];

/** What an operator says of a window. */
export interface WindowSpec {
  /** `[a-z0-9][a-z0-9-]{0,49}`. */
  readonly name: string;
  readonly effect: WindowEffect;
  readonly calendar: WindowCalendar;
  /** Of `stop` and `start`: which jobs; of `slow`: which stage. */
  readonly selector: PauseSelector;
  /** Of `off_peak`: job types that it is for; absent: all. */
  readonly types?: readonly string[];
  /** Of `off_peak`: jobs released a second; absent: all at once. Of `slow`: jobs that start a second. */
  readonly perSecond?: number;
  /** Of `off_peak`: jobs released together for handlers that take batches, 1..500. */
  readonly batch: number;
  readonly reason: string;
}

/** A window as it is stored. */
export interface CalendarWindow extends WindowSpec {
  /** Who made or changed it last. */
  readonly by: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** +1 a change by an operator. */
  readonly revision: number;
  /** The one that is, the last before and those to come, oldest first; a scheduler adds to them. Those skipped are left out. */
  readonly occurrences: readonly Occurrence[];
  /** Beginnings of occurrences that an operator has called off. */
  readonly skipped: readonly Date[];
}

type Occurring = Pick<CalendarWindow, 'occurrences'>;

/** The occurrence that is at an instant. */
export function occurrenceAt({ occurrences }: Occurring, instant: Date): Occurrence | undefined {
  return occurrences.find(({ from, until }) => from <= instant && instant < until);
}

/** The first occurrence that begins after an instant, of those that are known. */
export function nextOccurrence({ occurrences }: Occurring, instant: Date): Occurrence | undefined {
  return occurrences.find(({ from }) => from > instant);
}
