/** A submission that was told to come back. */
export interface Return {
  readonly n: number;
  readonly visit: number;
  readonly atMs: number;
}

/** Those that come back, the earliest first. */
export class ReturnQueue {
  readonly #waiting: Return[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(one: Return): void {
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#waiting[middle]!.atMs <= one.atMs) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, one);
  }

  /** The first whose moment has come. */
  takeDue(nowMs: number): Return | undefined {
    const [first] = this.#waiting;
    return first && first.atMs <= nowMs ? this.#waiting.shift() : undefined;
  }
}
