const DEFAULT_MEMORY_MS = 60_000;

/** What happened to those that waited at the sample before. */
export interface Drained {
  /** Waiting at the sample before. */
  readonly waited: number;
  /** Of these, those that are gone. */
  readonly gone: number;
  /** Between the two samples, above 0. */
  readonly duringMs: number;
}

/**
 * How fast a queue is worked off, from what is gone of those that waited. While a queue empties between two samples only a
 * lower bound is seen: such a sample raises a rate that is known and never lowers it.
 */
export class DrainRate {
  readonly #memoryMs: number;
  #perMs: number | undefined;
  /** For how long a rate was seen. */
  #seenMs = 0;

  /** @param memoryMs rates older than this count for little; default a minute. */
  constructor(memoryMs = DEFAULT_MEMORY_MS) {
    this.#memoryMs = memoryMs;
  }

  note({ waited, gone, duringMs }: Drained): void {
    if (waited === 0) return;
    const seen = Math.max(gone, 0) / duringMs;
    if (gone >= waited) {
      if (this.#perMs !== undefined) this.#perMs = Math.max(seen, this.#perMs);
      return;
    }
    this.#seenMs += duringMs;
    // The first samples are averaged: the very first must not count for as long as all that follow.
    const weight = this.#partOf(duringMs) / this.#partOf(this.#seenMs);
    this.#perMs = this.#perMs === undefined ? seen : this.#perMs + weight * (seen - this.#perMs);
  }

  #partOf(ms: number): number {
    return 1 - Math.exp(-ms / this.#memoryMs);
  }

  /**
   * How long `waiting` take at this rate: infinitely long when none leaves. Undefined while the rate is not known: a lower bound
   * would make minutes of a burst that takes seconds.
   */
  durationMs(waiting: number): number | undefined {
    if (waiting === 0) return 0;
    if (this.#perMs === undefined) return undefined;
    return this.#perMs === 0 ? Number.POSITIVE_INFINITY : waiting / this.#perMs;
  }
}
