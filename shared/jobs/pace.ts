import type { Clock } from '../ports/clock.ts';

const WINDOW_MS = 1_000;

/**
 * Lets so many pass a second, in steps of a tick, and never more than that within any second: what a slow step did not use is
 * made up for as far as the second allows. What was let pass counts from when it is asked for more, when its work is done.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #most: number;
  readonly #tickMs: number;
  readonly #passed: { readonly atMs: number; readonly count: number }[] = [];
  #at: number;
  #credit = 0;
  #last = 0;

  constructor(clock: Clock, perSecond: number, tickMs: number) {
    this.#clock = clock;
    this.#perMs = perSecond / 1_000;
    this.#most = Math.max(1, perSecond);
    this.#tickMs = tickMs;
    this.#at = clock.monotonicMs();
  }

  /** Waits until at least one may pass. @param atMost so many. @returns how many; 0 when the signal fired. */
  async next(signal: AbortSignal, atMost: number): Promise<number> {
    const startMs = this.#clock.monotonicMs();
    if (this.#last > 0) this.#passed.push({ atMs: startMs, count: this.#last });
    this.#last = 0;
    const missing = Math.max(1, this.#perMs * this.#tickMs) - this.#credit;
    const earnedMs = missing / this.#perMs - (startMs - this.#at);
    const isFull = this.#most - this.#within(startMs) < 1;
    const roomMs = isFull ? this.#passed[0]!.atMs + WINDOW_MS - startMs : 0;
    const waitMs = Math.max(earnedMs, roomMs);
    if (waitMs > 0) await this.#clock.sleep(Math.min(waitMs, WINDOW_MS), signal);
    if (signal.aborted) return 0;
    const now = this.#clock.monotonicMs();
    this.#credit = Math.min(this.#most, this.#credit + (now - this.#at) * this.#perMs);
    this.#at = now;
    this.#last = Math.min(atMost, Math.floor(Math.min(this.#credit, this.#most - this.#within(now))));
    this.#credit -= this.#last;
    return this.#last;
  }

  /** How many passed within the last second. */
  #within(now: number): number {
    while (this.#passed[0] && this.#passed[0].atMs <= now - WINDOW_MS) this.#passed.shift();
    return this.#passed.reduce((sum, { count }) => sum + count, 0);
  }
}
