import { Cron } from 'croner';
import cronstrue from 'cronstrue';
import { cronFormProblem, hoursAreFixed } from '../domain/schedule/cron-expression.ts';
import type { Timing } from '../domain/schedule/schedule.ts';
import { intervalTicks, type TickSource } from '../domain/schedule/tick-source.ts';
import { ZoneClock } from '../domain/schedule/zone-clock.ts';
import { type NextWallTime, ZoneTicks } from '../domain/schedule/zone-ticks.ts';
import type { TickCalendar } from '../ports/tick-calendar.ts';

/**
 * Wall times of an expression, by croner as if the zone were UTC: in a zone of its own croner 11.0.1 leaves out a day on which several of
 * the times named lie in the gap (`0,30 2 * * *`), and runs them twice where the hour comes twice.
 */
function wallTimes(expression: string): NextWallTime {
  const cron = new Cron(expression, { timezone: 'UTC', paused: true });
  return (afterWallMs) => cron.nextRun(new Date(afterWallMs))?.getTime();
}

function everyWords(seconds: number): string {
  const [count, unit] =
    seconds % 86_400 === 0 ? [seconds / 86_400, 'day'] : seconds % 3_600 === 0 ? [seconds / 3_600, 'hour'] : minutesOrSeconds(seconds);
  return count === 1 ? `Every ${unit}` : `Every ${count} ${unit}s`;
}

function minutesOrSeconds(seconds: number): readonly [number, string] {
  return seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
}

/** Cron expressions by croner, in words by cronstrue. */
export const cronerCalendar: TickCalendar = {
  problemOf: (expression) => {
    const problem = cronFormProblem(expression);
    if (problem !== undefined) return problem;
    try {
      const next = wallTimes(expression)(Date.UTC(2026, 0, 1));
      return next === undefined ? 'names no date that there is, so that it would never tick' : undefined;
    } catch (error) {
      return `cannot be read: ${(error as Error).message.replace(/^CronPattern: /, '')}`;
    }
  },

  ticksOf: (timing): TickSource => {
    if (timing.kind === 'interval') return intervalTicks(timing.anchorAt, timing.everySeconds);
    const { expression, timeZone } = timing;
    return new ZoneTicks(new ZoneClock(timeZone), wallTimes(expression), hoursAreFixed(expression));
  },

  wordsOf: (timing: Timing) => {
    if (timing.kind === 'interval') return `${everyWords(timing.everySeconds)}, counted from ${timing.anchorAt.toISOString()}`;
    const words = cronstrue.toString(timing.expression, { use24HourTimeFormat: true, verbose: false });
    return `${words}, in ${timing.timeZone}`;
  },
};
