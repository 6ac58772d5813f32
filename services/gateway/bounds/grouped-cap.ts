/** How many of a thing each holder may have at once. Exact in this process: whoever enters has left room for nobody else. */
export class GroupedCap {
  readonly limit: number;
  readonly #held = new Map<string, number>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Of the holder that has most. */
  get most(): number {
    let most = 0;
    for (const count of this.#held.values()) most = Math.max(most, count);
    return most;
  }

  /** Of one holder. */
  heldBy(holder: string): number {
    return this.#held.get(holder) ?? 0;
  }

  hasRoom(holder: string): boolean {
    return this.heldBy(holder) < this.limit;
  }

  /** Counts one in. @returns what counts it out, once; undefined where there is no room. */
  enter(holder: string): (() => void) | undefined {
    if (!this.hasRoom(holder)) return undefined;
    this.#held.set(holder, this.heldBy(holder) + 1);
    let isIn = true;
    return () => {
      if (isIn) this.#leave(holder);
      isIn = false;
    };
  }

  /** Holders that have none are forgotten: their number is bounded by what is held. */
  #leave(holder: string): void {
    const count = this.heldBy(holder) - 1;
    if (count > 0) this.#held.set(holder, count);
    else this.#held.delete(holder);
  }
}
