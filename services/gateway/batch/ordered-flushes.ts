export interface OrderedFlushesOptions<T, R> {
  /** Items in one flush, from 1. */
  readonly maxItems: number;
  /** A flush that has gathered so many bytes is full, whatever its items. */
  readonly maxBytes: number;
  /** Flushes whose results are not delivered yet; further items gather meanwhile. */
  readonly maxFlights: number;
  flush(items: readonly T[]): Promise<R>;
  /** Is given the result of each flush, one after the other and in the order of the items. */
  deliver(result: R): Promise<void>;
}

/**
 * Gathers a stream of items into flushes and delivers their results in order. A lone item is flushed at once, no timer is on
 * its path; others gather only while flushes are under way. Bounded as long as the caller waits for `room`.
 */
export class OrderedFlushes<T, R> {
  readonly #options: OrderedFlushesOptions<T, R>;
  #items: T[] = [];
  #bytes = 0;
  #flights = 0;
  #isScheduled = false;
  #delivered: Promise<void> = Promise.resolve();
  readonly #failed = new AbortController();
  readonly #changed = new Set<() => void>();

  constructor(options: OrderedFlushesOptions<T, R>) {
    this.#options = options;
  }

  /** Aborted with what a flush, a delivery or `fail` failed with. */
  get signal(): AbortSignal {
    return this.#failed.signal;
  }

  /** True when no more may be added before `room` has resolved. */
  get isFull(): boolean {
    return this.#items.length >= this.#options.maxItems || this.#bytes >= this.#options.maxBytes;
  }

  /** After a failure it does nothing. @param bytes size of the item. */
  add(item: T, bytes: number): void {
    if (this.signal.aborted) return;
    this.#items.push(item);
    this.#bytes += bytes;
    if (this.isFull) this.#start();
    else this.#schedule();
  }

  /** Resolves when more may be added. @throws the signal's reason. */
  async room(): Promise<void> {
    await this.#until(() => !this.isFull);
  }

  /** Resolves when everything is delivered. @throws as `room`. */
  async end(): Promise<void> {
    await this.#until(() => this.#flights === 0 && this.#items.length === 0);
  }

  /** Drops what has gathered and delivers nothing more. The first failure counts. */
  fail(error: unknown): void {
    this.#failed.abort(error);
    this.#items = [];
    this.#bytes = 0;
    for (const tell of this.#changed) tell();
  }

  /** A microtask lets the items of one chunk share a flush. */
  #schedule(): void {
    if (this.#isScheduled || this.#flights >= this.#options.maxFlights) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    if (this.signal.aborted || this.#items.length === 0 || this.#flights >= this.#options.maxFlights) return;
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    this.#flights += 1;
    this.#delivered = this.#fly(items, this.#delivered);
    for (const tell of this.#changed) tell();
  }

  /** Never throws. */
  async #fly(items: readonly T[], before: Promise<void>): Promise<void> {
    try {
      const result = await this.#options.flush(items);
      await before;
      if (!this.signal.aborted) await this.#options.deliver(result);
    } catch (error) {
      this.fail(error);
    }
    this.#flights -= 1;
    this.#start();
    for (const tell of this.#changed) tell();
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!this.signal.aborted && !isTrue()) {
      await new Promise<void>((resolve) => {
        const tell = () => {
          this.#changed.delete(tell);
          resolve();
        };
        this.#changed.add(tell);
      });
    }
    this.signal.throwIfAborted();
  }
}
