/** How much a batcher takes at once. */
export interface MicroBatcherOptions<T> {
  /** Jobs a flush. */
  readonly most: number;
  readonly inFlight: number;
  sizeOf(item: T): number;
}

/** Flushes at once when idle; what comes meanwhile is gathered, and a second flush starts only for a full batch. */
export class MicroBatcher<T> {
  readonly #flush: (items: readonly T[]) => Promise<void>;
  readonly #options: MicroBatcherOptions<T>;
  #pending: T[] = [];
  #size = 0;
  #running = 0;

  /** @param flush must not reject: its caller is nobody. */
  constructor(flush: (items: readonly T[]) => Promise<void>, options: MicroBatcherOptions<T>) {
    this.#flush = flush;
    this.#options = options;
  }

  add(item: T): void {
    this.#pending.push(item);
    this.#size += this.#options.sizeOf(item);
    this.#pump();
  }

  #pump(): void {
    const { most, inFlight } = this.#options;
    while (this.#pending.length > 0 && this.#running < inFlight && (this.#running === 0 || this.#size >= most)) {
      this.#running += 1;
      void this.#flush(this.#take()).then(() => {
        this.#running -= 1;
        this.#pump();
      });
    }
  }

  #take(): readonly T[] {
    const { most, sizeOf } = this.#options;
    let [count, size] = [0, 0];
    while (count < this.#pending.length && (count === 0 || size + sizeOf(this.#pending[count]!) <= most))
      size += sizeOf(this.#pending[count++]!);
    this.#size -= size;
    return this.#pending.splice(0, count);
  }
}
