/** Counts values by size: what one histogram with one set of labels holds. An observation is a search and three additions. */
export class BucketCounts {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** @param bounds upper bounds, inclusive, ascending; +Inf is added. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    const index = this.#bounds.findIndex((bound) => value <= bound);
    if (index >= 0) this.#counts[index]! += 1;
  }

  /** Upper bounds with how many values were at most that large. */
  cumulative(): readonly (readonly [bound: number | '+Inf', count: number])[] {
    let below = 0;
    const upTo = this.#bounds.map((bound, index) => [bound, (below += this.#counts[index]!)] as const);
    return [...upTo, ['+Inf', this.#count]];
  }
}
