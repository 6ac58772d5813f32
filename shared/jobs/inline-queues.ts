import type { Pipelines } from '../domain/pipeline.ts';
import type { TaskRunner } from '../ports/task-runner.ts';
import type { BellTicket } from './bell-ticket.ts';
import { InlineQueue, type InlineQueueOptions } from './inline-queue.ts';

export interface InlineQueuesOptions extends Omit<InlineQueueOptions, 'flights'> {
  readonly pipelines: Pipelines;
  readonly runner: Pick<TaskRunner, 'flightsOf'>;
}

/** The queue of all inline handlers, and one for each that waits for a dependency: while it waits, the others go on. */
export class InlineQueues {
  readonly #options: InlineQueuesOptions;
  readonly #common: InlineQueue;
  readonly #own = new Map<string, InlineQueue>();

  constructor(options: InlineQueuesOptions) {
    this.#options = options;
    this.#common = new InlineQueue(options);
    const { pipelines, runner } = options;
    for (const type of pipelines.names()) {
      for (const { name } of pipelines.typeOf(type).stages) {
        const flights = runner.flightsOf?.(type, name);
        if (flights) this.#own.set(`${type}:${name}`, new InlineQueue({ ...options, flights }));
      }
    }
  }

  get size(): number {
    return this.#all().reduce((sum, { size }) => sum + size, 0);
  }

  push(ticket: BellTicket): void {
    this.#queueOf(ticket).push(ticket);
  }

  close(): void {
    for (const queue of this.#all()) queue.close();
  }

  /** Takes out what has not left yet. */
  takeAll(): readonly BellTicket[] {
    return this.#all().flatMap((queue) => queue.takeAll());
  }

  /** Starts what may start. Call after `push`. */
  pump(): void {
    this.#common.pump();
    for (const queue of this.#own.values()) queue.pump();
  }

  #all(): readonly InlineQueue[] {
    return [this.#common, ...this.#own.values()];
  }

  #queueOf({ delivery: { typeHint, stage } }: BellTicket): InlineQueue {
    if (this.#own.size === 0 || typeHint === undefined) return this.#common;
    const spec = this.#options.pipelines.has(typeHint) ? this.#options.pipelines.typeOf(typeHint).stages[stage] : undefined;
    return (spec && this.#own.get(`${typeHint}:${spec.name}`)) ?? this.#common;
  }
}
