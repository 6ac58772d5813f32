import type { GetMessage } from 'amqplib';
import { LANES, type Lane } from '../../shared/domain/job.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type {
  ConsumeOptions,
  Consumer,
  DeadLetter,
  JobEvent,
  MessageBus,
  OutgoingBell,
  PublishOutcome,
  QueueDepth,
  Walked,
  WalkOthers,
} from '../../shared/ports/message-bus.ts';
import type { Service } from '../../shared/ports/service.ts';
import { bellEnvelope, type Envelope, isMalformed, parseBells, publishedAtOf } from '../../shared/rabbit/bell-message.ts';
import { consumedQueues } from '../../shared/rabbit/consumer.ts';
import { walkDeadLetters } from '../../shared/rabbit/dead-letters.ts';
import { malformedEnvelope } from '../../shared/rabbit/malformed-letter.ts';
import { deadLetterQueue, queueOf, typeInRoutingKey } from '../../shared/rabbit/topology.ts';
import type { MemoryBroker, MemoryBusHooks, StoredMessage, Subscriber } from './memory-broker.ts';

const PARK_AGAIN_MS = 500;

/**
 * A MessageBus over a MemoryBroker: one per simulated process, any number on one broker. It passes the contract of the real
 * adapter. Time is the clock's alone. Set `isConnected` or `isBlocked` to false or true to play an outage or an alarm.
 */
export class MemoryMessageBus implements MessageBus, Service {
  readonly name = 'memory-message-bus';
  readonly broker: MemoryBroker;
  /** Every doorbell this bus was asked to publish, with its outcome. */
  readonly published: { readonly message: OutgoingBell; readonly outcome: PublishOutcome }[] = [];
  readonly events: JobEvent[] = [];
  hooks: MemoryBusHooks;
  isBlocked = false;
  lateAcks = 0;
  readonly #clock: Clock;
  readonly #channels = new Set<MemoryChannel>();
  readonly #walks = new Set<() => void>();
  #isConnected = true;

  constructor({ broker, clock, hooks = {} }: { broker: MemoryBroker; clock: Clock; hooks?: MemoryBusHooks }) {
    this.broker = broker;
    this.hooks = hooks;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    this.isConnected = true;
  }

  async stop(): Promise<void> {
    for (const channel of this.#channels) channel.close();
    this.#channels.clear();
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** A lost connection gives back what its channels hold; consumers come back with the connection. */
  set isConnected(value: boolean) {
    if (value === this.#isConnected) return;
    this.#isConnected = value;
    for (const channel of this.#channels) value ? channel.open() : channel.drop();
    if (!value) for (const end of this.#walks) end();
  }

  canPublish(): boolean {
    return this.#isConnected && !this.isBlocked;
  }

  async publish(messages: readonly OutgoingBell[]): Promise<readonly PublishOutcome[]> {
    const outcomes = messages.map((message) => this.#publishOne(message));
    await Promise.resolve();
    for (const [index, message] of messages.entries()) this.published.push({ message, outcome: outcomes[index]! });
    return outcomes;
  }

  async publishEvents(events: readonly JobEvent[]): Promise<readonly PublishOutcome[]> {
    if (this.canPublish()) this.events.push(...events);
    return events.map(() => (this.canPublish() ? 'confirmed' : 'refused'));
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    const unknown = options.stages.filter((stage) => !this.broker.stageNames.includes(stage));
    if (unknown.length > 0 || options.stages.length === 0) throw new Error(`Stages to consume: ${unknown.join(', ') || 'none'}`);
    const channels = consumedQueues(this.broker.mode, options).map(
      (part) => new MemoryChannel({ ...part, broker: this.broker, clock: this.#clock, bus: this, onDelivery: options.onDelivery }),
    );
    for (const channel of channels) {
      this.#channels.add(channel);
      if (this.#isConnected) channel.open();
    }
    return {
      isHealthy: () => channels.every((channel) => channel.isLive),
      cancel: async () => {
        for (const channel of channels) channel.cancel();
      },
      windDown: async () => {
        for (const channel of channels) channel.cancel();
      },
      close: async () => {
        for (const channel of channels) {
          channel.close();
          this.#channels.delete(channel);
        }
      },
    };
  }

  async walkDeadLetters(
    stageName: string,
    limit: number,
    visit: (letter: DeadLetter) => Promise<void>,
    others?: WalkOthers,
  ): Promise<Walked> {
    const queue = deadLetterQueue(stageName);
    const held: StoredMessage[] = [];
    let isOpen = this.#isConnected;
    /** As a closed channel does: what is not acknowledged goes back, nothing more can be taken or acknowledged. */
    const end = (): void => {
      isOpen = false;
      this.#walks.delete(end);
      this.broker.giveBack(queue, held);
    };
    const openOrThrow = (): void => {
      if (!isOpen) throw new Error('Channel closed');
    };
    this.#walks.add(end);
    const channel = {
      checkQueue: async () => {
        openOrThrow();
        return { queue, messageCount: this.broker.ready(queue).length, consumerCount: 0 };
      },
      get: async () => {
        openOrThrow();
        const message = this.broker.take(queue);
        if (message) held.push(message);
        return message ? asDelivered(message, held.length) : (false as const);
      },
      ack: ({ fields }: { fields: { deliveryTag: number } }) => {
        openOrThrow();
        this.broker.acknowledge(queue, held[fields.deliveryTag - 1]!);
      },
    };
    const publisher = { send: async (envelopes: readonly Envelope[]) => envelopes.map((envelope) => this.#send(envelope)) };
    try {
      return await walkDeadLetters({ channel, publisher, queue, clock: this.#clock }, limit, visit, others);
    } finally {
      if (isOpen) end();
    }
  }

  async deadLetterDepth(stageName: string): Promise<number> {
    return this.broker.ready(deadLetterQueue(stageName)).length;
  }

  async purgeDeadLetters(stageName: string): Promise<number> {
    return this.broker.purge(deadLetterQueue(stageName));
  }

  queueOf(stageName: string, lane: Lane): string {
    return queueOf(this.broker.mode, stageName, lane);
  }

  async queueDepths(): Promise<ReadonlyMap<string, QueueDepth>> {
    const depth = (queue: string): QueueDepth => ({ ready: this.broker.ready(queue).length, unacked: this.broker.unackedCount(queue) });
    return new Map(this.broker.names().map((queue) => [queue, depth(queue)]));
  }

  /** For what the adapter itself publishes: no fault is played on it. */
  #send(envelope: Envelope): PublishOutcome {
    return this.canPublish() ? this.broker.accept(envelope) : 'refused';
  }

  /** Parks a malformed message. @returns whether it is safe in the dead-letter queue. */
  park(envelope: Envelope): boolean {
    return this.#send(envelope) === 'confirmed';
  }

  #publishOne(message: OutgoingBell): PublishOutcome {
    if (!this.canPublish()) return 'refused';
    let envelope: Envelope;
    try {
      envelope = bellEnvelope(message, this.#clock.now());
    } catch {
      return 'refused';
    }
    const fate = this.hooks.fate?.(message) ?? 'deliver';
    if (fate === 'refuse') return 'refused';
    if (fate === 'unknown_lost') return 'unknown';
    if (fate === 'lose') return 'confirmed';
    const outcome = this.#arrive(envelope, this.hooks.delayMs?.(message) ?? 0);
    if (fate === 'duplicate') this.#arrive(envelope, this.hooks.delayMs?.(message) ?? 0);
    return fate === 'unknown' ? 'unknown' : outcome;
  }

  #arrive(envelope: Envelope, delayMs: number): PublishOutcome {
    if (delayMs <= 0) return this.broker.accept(envelope);
    void this.#clock.sleep(delayMs).then(() => this.broker.accept(envelope));
    return 'confirmed';
  }
}

interface ChannelDeps {
  readonly broker: MemoryBroker;
  readonly bus: MemoryMessageBus;
  readonly clock: Clock;
  readonly queue: string;
  readonly lane: Lane;
  readonly prefetch: number;
  readonly onDelivery: ConsumeOptions['onDelivery'];
}

/** One consumer on one queue. Each opening is a new channel: acknowledgements of an old one do nothing. */
class MemoryChannel implements Subscriber {
  readonly #deps: ChannelDeps;
  #held = new Set<StoredMessage>();
  #isOpen = false;
  #isCancelled = false;

  constructor(deps: ChannelDeps) {
    this.#deps = deps;
  }

  get isLive(): boolean {
    return this.#isOpen && !this.#isCancelled;
  }

  open(): void {
    if (this.#isOpen || this.#isCancelled) return;
    this.#isOpen = true;
    this.#held = new Set();
    this.#deps.broker.subscribe(this.#deps.queue, this);
  }

  /** The connection is gone. */
  drop(): void {
    this.#isOpen = false;
    this.#deps.broker.unsubscribe(this.#deps.queue, this);
    const held = this.#held;
    this.#held = new Set();
    this.#deps.broker.giveBack(this.#deps.queue, held);
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#deps.broker.unsubscribe(this.#deps.queue, this);
  }

  close(): void {
    this.cancel();
    this.drop();
  }

  offer(message: StoredMessage): boolean {
    const { prefetch, bus, queue, lane, onDelivery } = this.#deps;
    if (this.#held.size >= prefetch) return false;
    const held = this.#held;
    held.add(message);
    const parsed = parseBells(message.envelope.content);
    if (isMalformed(parsed)) {
      const letter = malformedEnvelope(asDelivered(message, 1) as never, queue, parsed);
      if (bus.park(letter)) this.#acknowledge(held, message);
      else void this.#parkLater(held, message, letter);
      return true;
    }
    const typeHint = typeInRoutingKey(message.envelope.routingKey);
    const publishedAt = publishedAtOf(message.envelope.headers);
    const redelivered = message.deliveries > 1;
    const ack = (): void => this.#acknowledge(held, message);
    onDelivery({
      ...parsed,
      redelivered,
      lane,
      queue,
      ...(typeHint !== undefined && { typeHint }),
      ...(publishedAt && { publishedAt }),
      ack,
    });
    return true;
  }

  async #parkLater(held: Set<StoredMessage>, message: StoredMessage, letter: Envelope): Promise<void> {
    while (held === this.#held && this.#isOpen) {
      await this.#deps.clock.sleep(PARK_AGAIN_MS);
      if (held === this.#held && this.#isOpen && this.#deps.bus.park(letter)) return this.#acknowledge(held, message);
    }
  }

  #acknowledge(held: Set<StoredMessage>, message: StoredMessage): void {
    if (held !== this.#held || !this.#isOpen) this.#deps.bus.lateAcks += 1;
    else if (held.delete(message)) this.#deps.broker.acknowledge(this.#deps.queue, message);
  }
}

function asDelivered({ envelope }: StoredMessage, deliveryTag: number): GetMessage {
  const { content, headers, routingKey, exchange, properties } = envelope;
  const fields = { deliveryTag, redelivered: false, exchange, routingKey, messageCount: 0 };
  return { content, fields, properties: { ...properties, headers } } as GetMessage;
}

/** All lanes with the same prefetch. */
export function samePrefetch(count: number): Record<Lane, number> {
  return Object.fromEntries(LANES.map((lane) => [lane, count])) as Record<Lane, number>;
}
