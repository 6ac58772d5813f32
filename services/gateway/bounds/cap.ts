/** How many of a thing there may be at once in this process. */
export class Cap {
  readonly limit: number;
  #open = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get open(): number {
    return this.#open;
  }

  /** Counts one in. @returns what counts it out, once; undefined where there is no room. */
  enter(): (() => void) | undefined {
    if (this.#open >= this.limit) return undefined;
    this.#open += 1;
    let isIn = true;
    return () => {
      if (isIn) this.#open -= 1;
      isIn = false;
    };
  }
}
