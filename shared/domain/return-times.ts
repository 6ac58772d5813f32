/** Of the room that is made, so much is promised: the rest is for those who come for the first time. */
const PROMISED_SHARE = 0.9;

/**
 * When those come back who were refused for want of room. All at once would find room for a few, so each is given a moment of
 * its own: as far after the one before as it takes to make room for it.
 */
export class ReturnTimes {
  readonly #longestMs: number;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** @param longestMs nobody is sent away for longer: what comes later cannot be foreseen. */
  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  /** How long the next one will be sent away, beside the room that it needs itself. */
  aheadMs(nowMs: number): number {
    return Math.max(this.#lastAtMs - nowMs, 0);
  }

  /** @param roomMs how long it takes to make room for it. @returns how long to stay away. */
  next(nowMs: number, roomMs: number): number {
    const waitMs = Math.min(this.aheadMs(nowMs) + roomMs / PROMISED_SHARE, this.#longestMs);
    this.#lastAtMs = nowMs + waitMs;
    return waitMs;
  }

  /** There is room for all of them. */
  forget(): void {
    this.#lastAtMs = Number.NEGATIVE_INFINITY;
  }
}
