import type { Channel, ConsumeMessage } from 'amqplib';
import { TopologyError } from '../domain/failures.ts';
import { groupBy } from '../domain/group-by.ts';
import type { Lane } from '../domain/job.ts';
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
} from '../ports/message-bus.ts';
import type { Service } from '../ports/service.ts';
import { parseAmqpUrl } from './amqp-url.ts';
import { bellEnvelope, type Envelope, eventEnvelope, eventQuestion, eventRoutingKey, type MalformedBells } from './bell-message.ts';
import type { RabbitMessageBusOptions } from './bus-options.ts';
import { type BusCounters, type BusStats, newBusCounters } from './bus-stats.ts';
import { checkTopologyOn } from './check-topology.ts';
import { BrokerConnection } from './connection.ts';
import { consumedQueues, RabbitConsumer } from './consumer.ts';
import { walkDeadLetters } from './dead-letters.ts';
import { malformedEnvelope } from './malformed-letter.ts';
import { type ListedQueue, ManagementApi } from './management-api.ts';
import { Publisher } from './publisher.ts';
import { onShortChannel } from './short-channel.ts';
import { deadLetterQueue, EVENTS_EXCHANGE, queueOf, STAGES_EXCHANGE, type Topology, topologyOf } from './topology.ts';

/** How long `start` and `consume` wait for a broker that may be away, before they go on without it. */
const FIRST_LOOK_MS = 5_000;
const AWAIT_CONNECTION_MS = 60_000;
const FLUSH_MS = 10_000;
/** Letters and events are few: they get this part of the doorbells' room in flight. */
const LETTERS_SHARE = 0.1;
/** So many events of one routing key are worth the question whether anybody follows them. */
const ASKED_FROM = 8;

/** Doorbells over RabbitMQ. `stats()` counts what happened. */
export interface RabbitMessageBus extends MessageBus, Service {
  stats(): BusStats;
}

/** Makes the bus; nothing connects before `start`. @throws Error for an unreadable URL or stage name. */
export function createRabbitMessageBus(options: RabbitMessageBusOptions): RabbitMessageBus {
  return new Bus(options);
}

class Bus implements RabbitMessageBus {
  readonly name = 'rabbitmq';
  readonly #options: RabbitMessageBusOptions;
  readonly #topology: Topology;
  readonly #counters: BusCounters = newBusCounters();
  /** An alarm blocks every connection that has published, its acknowledgements too: hence two (docs/decisions.md, "Two connections a process"). */
  readonly #publishing: BrokerConnection;
  readonly #consuming: BrokerConnection;
  readonly #bells: Publisher;
  /** Apart from the bells: a dead-letter exchange that is gone closes the channel under whatever is in flight on it. */
  readonly #letters: Publisher;
  readonly #inFlightMax: number;
  readonly #api: ManagementApi | undefined;
  readonly #consumers = new Set<RabbitConsumer>();
  readonly #stopped = new AbortController();

  constructor(options: RabbitMessageBusOptions) {
    this.#options = options;
    for (const url of options.urls) parseAmqpUrl(url);
    this.#topology = topologyOf(options);
    const {
      clock,
      logger,
      service,
      urls,
      heartbeatSeconds = 10,
      retryMaxMs = 10_000,
      publishInFlightMax = 2_000,
      publishTimeoutMs = 10_000,
    } = options;
    const counters = this.#counters;
    const onReconnect = (): void => {
      counters.reconnects += 1;
    };
    const connection = (use: string): BrokerConnection =>
      new BrokerConnection({ name: `${service} ${use}`, urls, heartbeatSeconds, retryMaxMs, logger, clock, onReconnect });
    this.#publishing = connection('publish');
    this.#consuming = connection('consume');
    const publisher = { connection: this.#publishing, timeoutMs: publishTimeoutMs, clock, logger, stats: counters };
    this.#bells = new Publisher({ ...publisher, name: 'bells', exchange: STAGES_EXCHANGE, inFlightMax: publishInFlightMax });
    const lettersMax = Math.max(1, Math.floor(publishInFlightMax * LETTERS_SHARE));
    this.#inFlightMax = publishInFlightMax + lettersMax;
    this.#letters = new Publisher({ ...publisher, name: 'letters', exchange: EVENTS_EXCHANGE, inFlightMax: lettersMax });
    this.#api = options.managementUrl === undefined ? undefined : new ManagementApi(options.managementUrl, urls[0]!);
  }

  /** Connects. @throws TopologyError when the broker answers and parts are missing; Error under `awaitConnection`. */
  async start(): Promise<void> {
    const connection = this.#publishing;
    connection.start();
    const { awaitConnection = false, logger, urls } = this.#options;
    const isDecided = (): boolean => connection.current !== undefined || (!awaitConnection && connection.failures >= urls.length);
    await this.#within(awaitConnection ? AWAIT_CONNECTION_MS : FIRST_LOOK_MS, (signal) => connection.until(isDecided, signal));
    if (connection.current) await this.#checkTopology();
    else if (awaitConnection) throw new Error(`RabbitMQ cannot be reached: ${connection.lastFailure ?? 'no answer'}`);
    else {
      logger.warn({ reason: connection.lastFailure ?? 'no answer' }, 'starting without RabbitMQ, it is connected to when it answers');
      void this.#checkTopologyLater();
    }
    this.#bells.start();
    this.#letters.start();
    if (connection.current) {
      await this.#within(FIRST_LOOK_MS, (signal) => Promise.all([this.#bells.whenLive(signal), this.#letters.whenLive(signal)]));
    }
  }

  /** Ends consumers, waits up to 10 s for confirms, closes. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    const consumers = [...this.#consumers].map((consumer) => consumer.close());
    await Promise.all([...consumers, this.#bells.stop(FLUSH_MS), this.#letters.stop(FLUSH_MS)]);
    this.#consumers.clear();
    await Promise.all([this.#publishing.stop(), this.#consuming.stop()]);
  }

  canPublish(): boolean {
    return this.#bells.canPublish;
  }

  stats(): BusStats {
    const publishers = [this.#bells, this.#letters];
    return {
      ...this.#counters,
      inFlight: publishers.reduce((sum, { inFlight }) => sum + inFlight, 0),
      inFlightMax: this.#inFlightMax,
      waiting: publishers.reduce((sum, { waiting }) => sum + waiting, 0),
    };
  }

  async publish(messages: readonly OutgoingBell[]): Promise<readonly PublishOutcome[]> {
    const dead = messages.filter((message) => message.dead);
    if (dead.length === 0) return this.#send(this.#bells, messages, bellEnvelope);
    const alive = messages.filter((message) => !message.dead);
    const [ofAlive, ofDead] = await Promise.all([
      this.#send(this.#bells, alive, bellEnvelope),
      this.#send(this.#letters, dead, bellEnvelope),
    ]);
    const outcomes = { alive: ofAlive.values(), dead: ofDead.values() };
    return messages.map((message) => outcomes[message.dead ? 'dead' : 'alive'].next().value!);
  }

  async publishEvents(events: readonly JobEvent[]): Promise<readonly PublishOutcome[]> {
    if (events.length < ASKED_FROM) return this.#send(this.#letters, events, eventEnvelope);
    const outcomes = new Map<JobEvent, PublishOutcome>();
    const groups = [...groupBy(events, eventRoutingKey).values()];
    await Promise.all(
      groups.map(async (group) => {
        const published = await this.#publishAlike(group);
        for (const [index, event] of group.entries()) outcomes.set(event, published[index]!);
      }),
    );
    return events.map((event) => outcomes.get(event)!);
  }

  /**
   * Events of one routing key, which go to the same queues. The first asks whether there are any; where it comes back, the others need not
   * be sent: published at that moment, they would have been dropped.
   */
  async #publishAlike(events: readonly JobEvent[]): Promise<readonly PublishOutcome[]> {
    if (events.length < ASKED_FROM) return this.#send(this.#letters, events, eventEnvelope);
    const [asked] = await this.#send(this.#letters, events.slice(0, 1), eventQuestion);
    if (asked === 'returned') return events.map(() => 'confirmed');
    return [asked!, ...(await this.#send(this.#letters, events.slice(1), eventEnvelope))];
  }

  /** Resolves when all queues are consumed, or after 5 s: it then goes on trying, and `isHealthy` says how it stands. */
  async consume(options: ConsumeOptions): Promise<Consumer> {
    const unknown = options.stages.filter((stage) => !this.#options.stageNames.includes(stage));
    if (unknown.length > 0 || options.stages.length === 0) {
      throw new TopologyError(`Stages to consume: ${unknown.join(', ') || 'none'}; known are ${this.#options.stageNames.join(', ')}.`);
    }
    this.#consuming.start();
    const { clock, logger, mode } = this.#options;
    const consumer = new RabbitConsumer(consumedQueues(mode, options), {
      connection: this.#consuming,
      onDelivery: (delivery) => options.onDelivery(delivery),
      park: (message, queue, why) => this.#park(message, queue, why),
      clock,
      logger,
      counters: this.#counters,
    });
    this.#consumers.add(consumer);
    consumer.start();
    await this.#within(FIRST_LOOK_MS, (signal) => consumer.whenLive(signal));
    return consumer;
  }

  walkDeadLetters(stageName: string, limit: number, visit: (letter: DeadLetter) => Promise<void>, others?: WalkOthers): Promise<Walked> {
    const { clock } = this.#options;
    const queue = deadLetterQueue(stageName);
    return this.#onChannel((channel) => walkDeadLetters({ channel, publisher: this.#letters, queue, clock }, limit, visit, others));
  }

  async deadLetterDepth(stageName: string): Promise<number> {
    return (await this.#onChannel((channel) => channel.checkQueue(deadLetterQueue(stageName)))).messageCount;
  }

  async purgeDeadLetters(stageName: string): Promise<number> {
    return (await this.#onChannel((channel) => channel.purgeQueue(deadLetterQueue(stageName)))).messageCount;
  }

  queueOf(stageName: string, lane: Lane): string {
    return queueOf(this.#options.mode, stageName, lane);
  }

  async queueDepths(): Promise<ReadonlyMap<string, QueueDepth>> {
    if (!this.#api) return new Map();
    const columns = 'columns=name,messages_ready,messages_unacknowledged,consumers,message_stats';
    const listed = await this.#api.get<ListedQueue[]>(`${this.#api.inVhost('queues')}?${columns}`);
    // Figures are up to 5 s old. A queue that has none yet (after a restart of the broker) must not pass for an idle one.
    const known = listed.filter((queue) => queue.messages_ready !== undefined && queue.messages_unacknowledged !== undefined);
    return new Map(known.map((queue) => [queue.name, depthOf(queue)]));
  }

  async #send<T>(
    publisher: Publisher,
    items: readonly T[],
    toEnvelope: (item: T, now: Date) => Envelope,
  ): Promise<readonly PublishOutcome[]> {
    const now = this.#options.clock.now();
    const envelopes: Envelope[] = [];
    try {
      for (const item of items) envelopes.push(toEnvelope(item, now));
    } catch (error) {
      return this.#sendReadable(publisher, items, toEnvelope, error);
    }
    return publisher.send(envelopes);
  }

  /** One item cannot be a message: it is refused, the others go out. */
  async #sendReadable<T>(
    publisher: Publisher,
    items: readonly T[],
    toEnvelope: (item: T, now: Date) => Envelope,
    error: unknown,
  ): Promise<readonly PublishOutcome[]> {
    this.#options.logger.error({ err: error }, 'message cannot be published');
    const now = this.#options.clock.now();
    const envelopes = items.map((item) => {
      try {
        return toEnvelope(item, now);
      } catch {
        return undefined;
      }
    });
    const outcomes = (await publisher.send(envelopes.filter((envelope) => envelope !== undefined))).values();
    return envelopes.map((envelope) => (envelope ? outcomes.next().value! : 'refused'));
  }

  async #park(message: ConsumeMessage, queue: string, why: MalformedBells): Promise<boolean> {
    const envelope = malformedEnvelope(message, queue, why);
    const [outcome] = await this.#letters.send([envelope]);
    if (outcome !== 'refused' || !this.#letters.canPublish) return outcome === 'confirmed';
    // Perhaps headers that can be read and not written: the body and our reason matter more.
    const bare = {
      ...envelope,
      headers: malformedEnvelope({ ...message, properties: { ...message.properties, headers: {} } }, queue, why).headers,
    };
    return (await this.#letters.send([bare]))[0] === 'confirmed';
  }

  /** @throws TopologyError. */
  async #checkTopology(): Promise<void> {
    try {
      await checkTopologyOn(this.#publishing.current!, this.#topology);
    } catch (error) {
      if (error instanceof TopologyError) throw error;
      this.#options.logger.warn({ err: error }, 'topology could not be checked');
    }
  }

  /** A service that is up already is told in the log; its channels wait until the parts are there. */
  async #checkTopologyLater(): Promise<void> {
    const connection = this.#publishing;
    await connection.until(() => connection.current !== undefined, this.#stopped.signal);
    if (!connection.current) return;
    await this.#checkTopology().catch((error: unknown) => this.#options.logger.error({ err: error }, 'topology is not complete'));
  }

  /** @throws Error when the broker is away, or closes the channel. */
  #onChannel<T>(use: (channel: Channel) => Promise<T>): Promise<T> {
    return onShortChannel(this.#consuming, AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(FIRST_LOOK_MS)]), use);
  }

  /** Aborts the work's signal after `ms`, or when the bus stops. */
  async #within(ms: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, over.signal]);
    const done = work(signal).finally(() => over.abort());
    await this.#options.clock.sleep(ms, signal);
    over.abort();
    await done;
  }
}

/** @param queue with figures. */
function depthOf({ messages_ready, messages_unacknowledged, consumers, message_stats }: ListedQueue): QueueDepth {
  const inPerSecond = message_stats?.publish_details?.rate;
  const outPerSecond = message_stats?.ack_details?.rate;
  return {
    ready: messages_ready!,
    unacked: messages_unacknowledged!,
    ...(consumers !== undefined && { consumers }),
    ...(inPerSecond !== undefined && { inPerSecond }),
    ...(outPerSecond !== undefined && { outPerSecond }),
  };
}
