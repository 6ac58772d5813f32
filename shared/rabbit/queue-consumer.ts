import type { Channel, ConsumeMessage } from 'amqplib';
import type { Lane } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Delivery } from '../ports/message-bus.ts';
import { AckBatcher } from './ack-batcher.ts';
import { isMalformed, type MalformedBells, parseBells, publishedAtOf } from './bell-message.ts';
import type { BusCounters } from './bus-stats.ts';
import { ChannelSupervisor } from './channel-supervisor.ts';
import type { BrokerConnection } from './connection.ts';
import { typeInRoutingKey } from './topology.ts';

const CANCEL_MS = 2_000;

export interface QueueConsumerOptions {
  readonly connection: BrokerConnection;
  readonly queue: string;
  readonly lane: Lane;
  /** Unacknowledged messages held, from 1. */
  readonly prefetch: number;
  readonly onDelivery: (delivery: Delivery) => void;
  /** Moves a malformed message to the dead-letter queue. @returns true once the broker has confirmed it. */
  readonly park: (message: ConsumeMessage, queue: string, why: MalformedBells) => Promise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: BusCounters;
}

/**
 * Consumes one queue on a channel of its own: a slow lane does not hold up the acknowledgements of another, an error on one
 * gives back nothing of the others, and delivery tags are without gaps. Consumes again after any loss.
 */
export class QueueConsumer {
  readonly #options: QueueConsumerOptions;
  readonly #supervisor: ChannelSupervisor<Channel>;
  readonly #ended = new AbortController();
  #acks: AckBatcher | undefined;
  #consumerTag: string | undefined;

  constructor(options: QueueConsumerOptions) {
    this.#options = options;
    const { connection, queue, clock, logger, counters } = options;
    this.#supervisor = new ChannelSupervisor<Channel>(
      {
        name: `consume ${queue}`,
        open: (model) => model.createChannel(),
        setUp: (channel) => this.#subscribe(channel),
        onGone: () => this.#onGone(),
      },
      { connection, clock, logger, onRebuild: () => (counters.channelRebuilds += 1) },
    );
  }

  start(): void {
    this.#supervisor.start();
  }

  /** True while the broker has a consumer of ours on this queue. */
  get isHealthy(): boolean {
    return this.#supervisor.isLive && !this.#ended.signal.aborted;
  }

  whenLive(signal: AbortSignal): Promise<void> {
    return this.#supervisor.whenLive(signal);
  }

  /** Ends deliveries, within 2 s even when the broker does not answer; what is held can still be acknowledged. */
  async cancel(): Promise<void> {
    this.#ended.abort();
    await this.#cancelConsumer();
  }

  /** The same, and what crosses the end is delivered: nothing stays here unseen. */
  async windDown(): Promise<void> {
    await this.#cancelConsumer();
    this.#ended.abort();
  }

  async #cancelConsumer(): Promise<void> {
    this.#supervisor.retire();
    const channel = this.#supervisor.channel;
    const tag = this.#consumerTag;
    if (!channel || tag === undefined) return;
    const enough = new AbortController();
    const canceled = channel.cancel(tag).catch(() => undefined);
    await Promise.race([canceled, this.#options.clock.sleep(CANCEL_MS, enough.signal)]);
    enough.abort();
  }

  /** Sends what is settled and closes the channel: the rest is delivered again elsewhere. */
  async close(): Promise<void> {
    this.#ended.abort();
    this.#acks?.flushAll();
    const settlingMs = this.#acks?.settlingMs ?? 0;
    if (settlingMs > 0) await this.#options.clock.sleep(settlingMs);
    await this.#supervisor.stop();
    this.#acks?.close();
  }

  async #subscribe(channel: Channel): Promise<void> {
    const { clock, counters, queue, prefetch } = this.#options;
    // Bound to this very channel: the same tag on the next one is another message.
    const acks = new AckBatcher((tag, isMultiple) => channel.ack(ackTarget(tag), isMultiple), { clock, counters });
    this.#acks = acks;
    // Per consumer: quorum queues know no prefetch of a whole channel.
    await channel.prefetch(prefetch);
    const { consumerTag } = await channel.consume(queue, (message) => this.#onMessage(channel, acks, message));
    this.#consumerTag = consumerTag;
  }

  #onMessage(channel: Channel, acks: AckBatcher, message: ConsumeMessage | null): void {
    if (message === null) {
      this.#options.logger.warn({ queue: this.#options.queue }, 'consumer was cancelled by RabbitMQ');
      this.#supervisor.rebuild(channel);
      return;
    }
    // Crossed with our cancel: stays unacknowledged and goes back when the channel closes.
    if (this.#ended.signal.aborted) return;
    const parsed = parseBells(message.content);
    if (isMalformed(parsed)) void this.#park(acks, message, parsed);
    else this.#deliver(acks, message, parsed);
  }

  #deliver(acks: AckBatcher, { fields, properties }: ConsumeMessage, parsed: Pick<Delivery, 'stage' | 'bells'>): void {
    const { counters, logger, lane, queue, onDelivery } = this.#options;
    const headers = properties.headers ?? {};
    const redelivered = fields.redelivered || Number(headers['x-delivery-count'] ?? 0) > 0;
    const typeHint = typeInRoutingKey(fields.routingKey);
    const publishedAt = publishedAtOf(headers);
    const { deliveryTag } = fields;
    counters.deliveries += 1;
    if (redelivered) counters.redeliveries += 1;
    try {
      onDelivery({
        ...parsed,
        redelivered,
        lane,
        queue,
        ...(typeHint !== undefined && { typeHint }),
        ...(publishedAt && { publishedAt }),
        ack: () => acks.settle(deliveryTag),
      });
    } catch (error) {
      // A fault of ours must not end the connection's reader; unacknowledged, the message comes again.
      logger.error({ err: error, queue }, 'taking a delivery failed');
    }
  }

  /** Until it is safe in the dead-letter queue it stays unacknowledged here. */
  async #park(acks: AckBatcher, message: ConsumeMessage, why: MalformedBells): Promise<void> {
    const { connection, queue, clock, logger, counters, park } = this.#options;
    counters.malformed += 1;
    logger.warn({ queue, code: why.code, reason: why.reason }, 'malformed message goes to the dead-letter queue');
    for (let failures = 0; !acks.isClosed; failures += 1) {
      if (await park(message, queue, why)) return acks.settle(message.fields.deliveryTag);
      await clock.sleep(connection.retryDelayMs(failures), this.#ended.signal);
      if (this.#ended.signal.aborted) return;
    }
  }

  #onGone(): void {
    this.#acks?.close();
    this.#acks = undefined;
    this.#consumerTag = undefined;
  }
}

/** amqplib reads nothing else of the message. */
function ackTarget(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage;
}
