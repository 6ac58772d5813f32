import { LANES, type Lane } from '../domain/job.ts';
import { REPORT_EVERY_MS } from '../domain/watermark.ts';
import type { StageEngine } from '../jobs/stage-engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { Delivery, MessageBus } from '../ports/message-bus.ts';
import type { Service } from '../ports/service.ts';
import { FirstDeliveries } from './first-deliveries.ts';
import { PausableIntake } from './pausable-intake.ts';

export interface StageConsumerDeps {
  readonly engine: StageEngine;
  readonly bus: MessageBus;
  readonly store: JobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Stage names to consume. */
  readonly stages: readonly string[];
  readonly prefetch: Readonly<Record<Lane, number>>;
  readonly shutdownTimeoutMs: number;
  /** Names this process. */
  readonly owner: string;
}

/** Feeds the engine from the queues, drains it at the end, and reports of its queues what the audit rests on. */
export class StageConsumer implements Service {
  readonly name = 'stage-consumer';
  readonly #deps: StageConsumerDeps;
  readonly #newest: FirstDeliveries;
  readonly #queues: readonly string[];
  readonly #stopped = new AbortController();
  readonly #intake: PausableIntake;
  #reporting: Promise<void> | undefined;

  constructor(deps: StageConsumerDeps) {
    this.#deps = deps;
    this.#newest = new FirstDeliveries(deps.clock);
    this.#queues = [...new Set(deps.stages.flatMap((stage) => LANES.map((lane) => deps.bus.queueOf(stage, lane))))];
    const { bus, stages, prefetch, engine } = deps;
    const onDelivery = (delivery: Delivery): void => this.#take(delivery);
    this.#intake = new PausableIntake({ bus, stages, prefetch, onDelivery, giveBack: () => engine.giveBack() });
  }

  async start(): Promise<void> {
    await this.#intake.start();
    this.#reporting = this.#reportQueues();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    // A broker that is away must not hold up the drain: its consumers are gone anyway.
    await this.#intake.cancel();
    await this.#deps.engine.drain(this.#deps.shutdownTimeoutMs);
    await this.#intake.close();
    await this.#reporting;
  }

  /** While it is paused no message is taken; what has begun goes on. */
  setPaused(isPaused: boolean): Promise<void> {
    return this.#intake.setPaused(isPaused);
  }

  /** True while no message is taken since that is wanted. */
  get isPaused(): boolean {
    return this.#intake.isPaused;
  }

  /** What is wrong, for the readiness check. */
  problem(): string | undefined {
    return this.#intake.isHealthy ? undefined : `no live consumer on the queues of ${this.#deps.stages.join(', ')}`;
  }

  #take(delivery: Delivery): void {
    if (!delivery.redelivered && delivery.publishedAt) this.#newest.note(delivery.queue, delivery.publishedAt);
    this.#deps.engine.accept(delivery);
  }

  async #reportQueues(): Promise<void> {
    const { clock, store, logger, engine, owner } = this.#deps;
    while (!this.#stopped.signal.aborted) {
      try {
        const held = engine.oldestHeld();
        const newest = this.#newest.settled();
        await store.reportQueues(
          this.#queues.map((queue) => {
            const oldestHeldAt = held.get(queue);
            const first = newest.get(queue);
            return { queue, consumer: owner, ...(first && { newest: first }), ...(oldestHeldAt && { oldestHeldAt }) };
          }),
        );
      } catch (error) {
        logger.debug({ err: error }, 'queues were not reported');
      }
      await clock.sleep(REPORT_EVERY_MS, this.#stopped.signal);
    }
  }
}

/** A message of lanes bulk and overflow may carry a hundred jobs. */
const BULK_SHARE = 10;

/** Prefetch per lane: free slots x 2 for isolated handlers, hundreds only where a handler is inline (docs/protocol.md, AMQP rules). @param waiting jobs that may wait for dependencies at the same time. */
export function prefetchOf(slots: number, hasInline: boolean, inlinePrefetch: number, waiting = 0): Record<Lane, number> {
  const each = Math.max(hasInline ? inlinePrefetch : slots * 2, waiting === 0 ? 0 : slots * 2 + waiting);
  const bulk = hasInline ? Math.ceil(each / BULK_SHARE) : slots;
  return Object.fromEntries(LANES.map((lane) => [lane, lane === 'bulk' || lane === 'overflow' ? bulk : each])) as Record<Lane, number>;
}
