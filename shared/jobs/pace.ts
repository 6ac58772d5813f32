import type { Clock } from '../ports/clock.ts';

/** Lets so many pass a second, in steps of a tick: what a slow tick did not use is not made up for. */
export class Pace {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #tickMs: number;
  #at: number;
  #credit = 0;

  constructor(clock: Clock, perSecond: number, tickMs: number) {
    this.#clock = clock;
    this.#perMs = perSecond / 1_000;
    this.#tickMs = tickMs;
    this.#at = clock.monotonicMs();
  }

  /** Waits until at least one may pass. @returns how many; 0 when the signal fired. */
  async next(signal: AbortSignal): Promise<number> {
    const most = Math.max(1, this.#perMs * this.#tickMs);
    const missing = most - this.#credit;
    const waitMs = Math.max(0, missing / this.#perMs - (this.#clock.monotonicMs() - this.#at));
    if (waitMs > 0) await this.#clock.sleep(Math.min(waitMs, 1_000), signal);
    if (signal.aborted) return 0;
    const now = this.#clock.monotonicMs();
    this.#credit = Math.min(most, this.#credit + (now - this.#at) * this.#perMs);
    this.#at = now;
    const count = Math.floor(this.#credit);
    this.#credit -= count;
    return count;
  }
}
