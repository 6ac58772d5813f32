import type { Timing } from '../domain/schedule/schedule.ts';
import type { TickSource } from '../domain/schedule/tick-source.ts';

/** Reads cron expressions. */
export interface TickCalendar {
  /** What is wrong with a cron expression, as the end of a sentence; undefined where nothing is. */
  problemOf(expression: string): string | undefined;
  /** The instants of a timing. @throws Error for a cron expression with a problem and for a zone that there is not. */
  ticksOf(timing: Timing): TickSource;
  /** The timing in English words. */
  wordsOf(timing: Timing): string;
}
