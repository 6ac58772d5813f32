import type { Drained } from '../drain-rate.ts';

/** What was seen longer ago than this counts for little. */
const MEMORY_MS = 60_000;

/**
 * How fast a queue is worked off while there is always something in it. Unlike `DrainRate` it learns nothing from a queue that
 * empties: what free handlers take at once says nothing of a backlog.
 */
export class BacklogRate {
  #gone = 0;
  #duringMs = 0;
  #isBacklogged = false;

  note({ waited, gone, duringMs }: Drained): void {
    this.#isBacklogged = gone < waited;
    if (!this.#isBacklogged) return;
    const kept = Math.exp(-duringMs / MEMORY_MS);
    this.#gone = this.#gone * kept + Math.max(gone, 0);
    this.#duringMs = this.#duringMs * kept + duringMs;
  }

  /** Whether some waited through between the last two samples. */
  get isBacklogged(): boolean {
    return this.#isBacklogged;
  }

  /** How long so many take to leave: infinitely long when none leaves, undefined before any backlog was seen. */
  drainMs(jobs: number): number | undefined {
    if (this.#duringMs === 0) return undefined;
    return this.#gone === 0 ? Number.POSITIVE_INFINITY : (jobs * this.#duringMs) / this.#gone;
  }
}
