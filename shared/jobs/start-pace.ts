import type { Clock } from '../ports/clock.ts';

export interface StartPaceDeps {
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly closed: AbortSignal;
  /** Called when the next may start. */
  onTime(): void;
}

/** Spaces starts evenly. What was not used is not made up for. */
export class StartPace {
  readonly #deps: StartPaceDeps;
  #nextAtMs = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  constructor(deps: StartPaceDeps) {
    this.#deps = deps;
  }

  /** Whether one may start now, which is counted; else `onTime` tells when. @param perSecond undefined: any number. */
  mayStart(perSecond: number | undefined): boolean {
    if (perSecond === undefined) return true;
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs < this.#nextAtMs) {
      this.#waitFor(Math.min(this.#nextAtMs, nowMs + 1_000 / perSecond) - nowMs);
      return false;
    }
    this.#nextAtMs = nowMs + 1_000 / perSecond;
    return true;
  }

  #waitFor(ms: number): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const { clock, closed, onTime } = this.#deps;
    void clock.sleep(ms, closed).then(() => {
      this.#isWaiting = false;
      // The rate may be another one by now.
      if (!closed.aborted) onTime();
    });
  }
}
