import type { Timing } from './schedule.ts';
import { type TickSource, ticksBetween } from './tick-source.ts';
import { type Transition, ZoneClock } from './zone-clock.ts';

/** One run to come. */
export interface PreviewRun {
  readonly at: Date;
  /** What the clocks of the time zone show, with their offset. */
  readonly local: string;
  /** What a change of the clocks does to it. */
  readonly warning?: string;
}

/** The runs to come, and the changes of the clocks among them. */
export interface Preview {
  readonly runs: readonly PreviewRun[];
  readonly warnings: readonly string[];
}

const FURTHEST_MS = 50 * 366 * 86_400_000;
const MOST_CHANGES = 20;

/** The next runs after an instant, each with what a change of the clocks means for it. */
export function previewOf(timing: Timing, source: TickSource, after: Date, count: number): Preview {
  const ticks = ticksBetween(source, after, new Date(after.getTime() + FURTHEST_MS), count);
  const clock = new ZoneClock(timing.timeZone);
  const changes = changesBetween(clock, after, ticks.at(-1));
  const runs = ticks.map((at): PreviewRun => {
    const warning = timing.kind === 'cron' ? warningOf(at.getTime(), changes) : undefined;
    return { at, local: clock.localText(at.getTime()), ...(warning !== undefined && { warning }) };
  });
  return { runs, warnings: changes.map((change) => sentenceOf(change, clock, timing)) };
}

function changesBetween(clock: ZoneClock, after: Date, last: Date | undefined): readonly Transition[] {
  const changes: Transition[] = [];
  let fromMs = after.getTime();
  while (last && changes.length < MOST_CHANGES) {
    const change = clock.nextTransition(fromMs, last.getTime());
    if (!change) break;
    changes.push(change);
    fromMs = change.atMs;
  }
  return changes;
}

function warningOf(atMs: number, changes: readonly Transition[]): string | undefined {
  for (const { atMs: changeMs, beforeMs, afterMs } of changes) {
    const widthMs = Math.abs(afterMs - beforeMs);
    if (afterMs > beforeMs && atMs === changeMs)
      return 'The clocks are set forward at this moment; runs within the time left out come now, once.';
    if (afterMs < beforeMs && atMs >= changeMs - widthMs && atMs < changeMs)
      return 'The clocks show this time twice; this is the first time.';
    if (afterMs < beforeMs && atMs >= changeMs && atMs < changeMs + widthMs)
      return 'The clocks show this time twice; this is the second time.';
  }
  return undefined;
}

function sentenceOf({ atMs, beforeMs, afterMs }: Transition, clock: ZoneClock, { timeZone, kind }: Timing): string {
  const wall = (offsetMs: number) => new Date(atMs + offsetMs).toISOString().slice(11, 16);
  const day = clock.localText(atMs - 1).slice(0, 10);
  const what = `On ${day} the clocks in ${timeZone} go from ${wall(beforeMs)} to ${wall(afterMs)}`;
  if (kind === 'interval') return `${what}; the interval goes on in real seconds.`;
  return afterMs > beforeMs ? `${what}: the time between is left out.` : `${what}: the time between comes twice.`;
}
