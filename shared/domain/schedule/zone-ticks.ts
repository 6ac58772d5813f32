import type { TickSource } from './tick-source.ts';
import type { Transition, ZoneClock } from './zone-clock.ts';

/** The first wall time after another that a cron expression names; undefined when there is none any more. */
export type NextWallTime = (afterWallMs: number) => number | undefined;

/** No clock is set by more; those of Samoa left out a day once. */
const LARGEST_CHANGE_MS = 26 * 3_600_000;

/**
 * The ticks of a cron expression in a time zone (docs/schedules.md, Daylight saving time). Where the hours are fixed, each wall time
 * ticks once a day: one that the clocks leave out at the first instant after the gap, all of a gap together once, and one that they
 * show twice at the first. Where the hours are `*`, each instant ticks at which the clocks show a time that matches.
 */
export class ZoneTicks implements TickSource {
  readonly #clock: ZoneClock;
  readonly #nextWall: NextWallTime;
  readonly #hoursAreFixed: boolean;

  constructor(clock: ZoneClock, nextWall: NextWallTime, hoursAreFixed: boolean) {
    this.#clock = clock;
    this.#nextWall = nextWall;
    this.#hoursAreFixed = hoursAreFixed;
  }

  after(instant: Date): Date | undefined {
    let afterMs = instant.getTime();
    let offsetMs = this.#clock.offsetMs(afterMs);
    let afterWallMs = Math.max(afterMs + offsetMs, this.#shownBefore(afterMs));
    for (;;) {
      const wallMs = this.#nextWall(afterWallMs);
      if (wallMs === undefined) return undefined;
      const change = this.#clock.nextTransition(afterMs, wallMs - offsetMs);
      if (!change) return new Date(wallMs - offsetMs);
      const moved = this.#hoursAreFixed && wallMs < change.atMs + change.afterMs && change.afterMs > change.beforeMs;
      if (moved) return new Date(change.atMs);
      // On from the change, which itself may tick.
      afterMs = change.atMs;
      offsetMs = change.afterMs;
      afterWallMs = this.#wallAfter(change);
    }
  }

  /** Where the search goes on at a change: 1 ms before what the clocks show then, or where they had been before. */
  #wallAfter({ atMs, beforeMs, afterMs }: Transition): number {
    return atMs + (this.#hoursAreFixed ? Math.max(beforeMs, afterMs) : afterMs) - 1;
  }

  /** With fixed hours: the wall times below were shown before an instant that lies in a repeated hour. */
  #shownBefore(instantMs: number): number {
    if (!this.#hoursAreFixed) return Number.NEGATIVE_INFINITY;
    let shownMs = Number.NEGATIVE_INFINITY;
    let fromMs = instantMs - LARGEST_CHANGE_MS;
    for (;;) {
      const change = this.#clock.nextTransition(fromMs, instantMs);
      if (!change) return shownMs;
      shownMs = Math.max(shownMs, change.atMs + change.beforeMs - 1);
      fromMs = change.atMs;
    }
  }
}
