import type { Clock } from '../ports/clock.ts';
import type { Flights } from '../ports/job-type-module.ts';
import type { BellTicket } from './bell-ticket.ts';

/** Bells claimed in one write, above 500 gave nothing more (docs/performance.md), and batches under way at once. */
export const FLIGHTS: Flights = { jobs: 500, atOnce: 2 };
/** How long bells gather behind a batch that is under way, before they leave in one of their own: its handlers may take long. */
const GATHER_MS = 30;

export interface InlineQueueOptions {
  /** Default: FLIGHTS. */
  readonly flights?: Flights;
  readonly clock: Clock;
  /** Aborted when the engine has closed. */
  readonly closed: AbortSignal;
  /** Works a batch to its end. Never rejects. */
  run(batch: readonly BellTicket[]): Promise<void>;
}

/**
 * Bells for inline handlers. What comes while nothing is under way leaves at once. Behind a batch others gather: two small batches
 * at once cost twice the round trips of one, so the second leaves when it is full or has waited for 30 ms.
 */
export class InlineQueue {
  readonly #options: InlineQueueOptions;
  readonly #most: Flights;
  #waiting: BellTicket[] = [];
  #flights = 0;
  #isGathering = false;
  #isClosed = false;

  constructor(options: InlineQueueOptions) {
    this.#options = options;
    this.#most = options.flights ?? FLIGHTS;
  }

  get size(): number {
    return this.#waiting.length;
  }

  push(ticket: BellTicket): void {
    this.#waiting.push(ticket);
  }

  /** Nothing more leaves. */
  close(): void {
    this.#isClosed = true;
  }

  /** Takes out what has not left yet. */
  takeAll(): readonly BellTicket[] {
    return this.#waiting.splice(0);
  }

  /** Starts what may start. Call after `push`. */
  pump(): void {
    while (this.#mayStart && (this.#flights === 0 || this.#waiting.length >= this.#most.jobs)) this.#start();
    if (this.#mayStart && !this.#isGathering) void this.#startLater();
  }

  get #mayStart(): boolean {
    return !this.#isClosed && this.#waiting.length > 0 && this.#flights < this.#most.atOnce;
  }

  async #startLater(): Promise<void> {
    const { clock, closed } = this.#options;
    this.#isGathering = true;
    await clock.sleep(GATHER_MS, closed);
    this.#isGathering = false;
    if (this.#mayStart && !closed.aborted) this.#start();
  }

  #start(): void {
    this.#flights += 1;
    void this.#options.run(this.#waiting.splice(0, this.#most.jobs)).finally(() => {
      this.#flights -= 1;
      this.pump();
    });
  }
}
