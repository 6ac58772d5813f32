interface Waiting<T, R> {
  readonly item: T;
  resolve(value: R): void;
  reject(error: unknown): void;
}

export interface MicroBatcherOptions<T, R> {
  /** Items in one flush, 1..1,000. */
  readonly maxBatch: number;
  /** Flushes under way at once. Behind one others gather: the next starts when it ends, or when a batch is full. */
  readonly maxFlights: number;
  /** Must answer for each item, in order; a throw rejects the whole batch. */
  flush(items: readonly T[]): Promise<readonly R[]>;
}

/**
 * Gathers items only while flushes are under way: a lone item leaves at once, no timer is on its path.
 * Source: docs/performance.md, "No timer for a lone job" (a fixed 5 ms timer doubled its latency).
 */
export class MicroBatcher<T, R> {
  readonly #options: MicroBatcherOptions<T, R>;
  #waiting: Waiting<T, R>[] = [];
  #flights = new Set<Promise<void>>();
  #scheduled = false;

  constructor(options: MicroBatcherOptions<T, R>) {
    this.#options = options;
  }

  /** Items not yet in a flush. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#flights.size > 0) {
      this.#start();
      await Promise.allSettled(this.#flights);
    }
  }

  /** A microtask lets the items of one tick share a flush. */
  #schedule(): void {
    if (this.#scheduled || !this.#mayStart()) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  /** Two small flushes at once cost twice the round trips of one. */
  #mayStart(): boolean {
    const { maxBatch, maxFlights } = this.#options;
    const { length } = this.#waiting;
    return length > 0 && (this.#flights.size === 0 || (length >= maxBatch && this.#flights.size < maxFlights));
  }

  #start(): void {
    while (this.#mayStart()) {
      const batch = this.#waiting.splice(0, this.#options.maxBatch);
      const flight = this.#flush(batch).finally(() => {
        this.#flights.delete(flight);
        this.#start();
      });
      this.#flights.add(flight);
    }
  }

  async #flush(batch: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const answers = await this.#options.flush(batch.map((waiting) => waiting.item));
      for (const [index, waiting] of batch.entries()) waiting.resolve(answers[index]!);
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }
}
