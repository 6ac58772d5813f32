import type { ConsumeOptions, Consumer, Delivery, MessageBus } from '../ports/message-bus.ts';

/** One consumer, and how many of its deliveries are not acknowledged yet. */
interface Part {
  readonly consumer: Consumer;
  held: number;
}

export interface PausableIntakeOptions extends Pick<ConsumeOptions, 'stages' | 'prefetch' | 'onDelivery'> {
  readonly bus: Pick<MessageBus, 'consume'>;
  /** Gives back what was taken and has not begun. */
  giveBack(): Promise<void>;
}

/**
 * Takes messages, or none while it is paused: its consumer is canceled then, what has not begun is given back, and the channel
 * is closed once what has begun is acknowledged. So a pause holds no message back from others, however long it lasts.
 */
export class PausableIntake {
  readonly #options: PausableIntakeOptions;
  /** Absent while it is paused. */
  #part: Part | undefined;
  /** Of those before, with work that has not ended. */
  readonly #leaving = new Set<Part>();
  #switching: Promise<void> = Promise.resolve();
  #isPaused = false;
  #hasStarted = false;
  #isStopped = false;

  constructor(options: PausableIntakeOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** True while every queue has a live consumer, or none is wanted. */
  get isHealthy(): boolean {
    return !this.#isStopped && (this.#isPaused || (this.#part?.consumer.isHealthy() ?? false));
  }

  /** Begins, unless it is paused by then. */
  start(): Promise<void> {
    this.#hasStarted = true;
    return this.#settle();
  }

  /** Resolves when no message is taken any more, or when messages are taken again. */
  setPaused(isPaused: boolean): Promise<void> {
    this.#isPaused = isPaused;
    return this.#settle();
  }

  /** Takes no more messages; those held can still be acknowledged. */
  async cancel(): Promise<void> {
    this.#isStopped = true;
    await this.#part?.consumer.cancel();
  }

  /** Closes all channels: what was not acknowledged is delivered again elsewhere. */
  async close(): Promise<void> {
    await this.#switching;
    const parts = [...this.#leaving, ...(this.#part ? [this.#part] : [])];
    await Promise.all(parts.map(({ consumer }) => consumer.close()));
  }

  /** One switch at a time; the last wish counts. */
  #settle(): Promise<void> {
    const switched = this.#switching.then(async () => {
      if (!this.#hasStarted || this.#isStopped) return;
      if (this.#isPaused && this.#part) await this.#leave(this.#part);
      else if (!this.#isPaused && !this.#part) await this.#open();
    });
    // The next switch is tried whatever became of this one, of which its caller is told.
    this.#switching = switched.catch(() => undefined);
    return switched;
  }

  async #open(): Promise<void> {
    const { bus, stages, prefetch, onDelivery } = this.#options;
    let part: Part | undefined;
    let early = 0;
    const take = (delivery: Delivery): void => {
      if (part) part.held += 1;
      else early += 1;
      onDelivery({
        ...delivery,
        ack: () => {
          delivery.ack();
          if (part) this.#released(part);
          else early -= 1;
        },
      });
    };
    const consumer = await bus.consume({ stages, prefetch, onDelivery: take });
    part = { consumer, held: early };
    this.#part = part;
  }

  async #leave(part: Part): Promise<void> {
    this.#part = undefined;
    this.#leaving.add(part);
    await part.consumer.windDown();
    await this.#options.giveBack();
    if (part.held === 0) this.#close(part);
  }

  #released(part: Part): void {
    part.held -= 1;
    if (part.held === 0 && this.#leaving.has(part)) this.#close(part);
  }

  #close(part: Part): void {
    if (this.#leaving.delete(part)) void part.consumer.close();
  }
}
