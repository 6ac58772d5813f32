import type { Lane } from '../domain/job.ts';
import { LANES } from '../domain/job.ts';
import type { ConsumeOptions, Consumer } from '../ports/message-bus.ts';
import { QueueConsumer, type QueueConsumerOptions } from './queue-consumer.ts';
import { queueOf, type TopologyMode } from './topology.ts';

/** What `consumedQueues` takes of a consumer's options. */
type Wanted = Pick<ConsumeOptions, 'stages' | 'prefetch'>;

/**
 * The queues to consume and what may be held of each. Where a lane has several queues its prefetch is shared out among
 * them, at least 1 each.
 */
export function consumedQueues(mode: TopologyMode, { stages, prefetch }: Wanted): { queue: string; lane: Lane; prefetch: number }[] {
  return LANES.flatMap((lane) => {
    const queues = [...new Set(stages.map((stage) => queueOf(mode, stage, lane)))];
    const each = Math.max(1, Math.floor(prefetch[lane] / queues.length));
    return queues.map((queue) => ({ queue, lane, prefetch: each }));
  });
}

/** Consumers of several queues as one. */
export class RabbitConsumer implements Consumer {
  readonly #parts: readonly QueueConsumer[];

  constructor(
    parts: readonly Pick<QueueConsumerOptions, 'queue' | 'lane' | 'prefetch'>[],
    common: Omit<QueueConsumerOptions, 'queue' | 'lane' | 'prefetch'>,
  ) {
    this.#parts = parts.map((part) => new QueueConsumer({ ...common, ...part }));
  }

  start(): void {
    for (const part of this.#parts) part.start();
  }

  /** Resolves when all queues are consumed, or at the signal. */
  async whenLive(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.whenLive(signal)));
  }

  isHealthy(): boolean {
    return this.#parts.every((part) => part.isHealthy);
  }

  async cancel(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.cancel()));
  }

  async windDown(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.windDown()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.close()));
  }
}
