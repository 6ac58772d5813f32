import type { ConfirmChannel, Message } from 'amqplib';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { PublishOutcome } from '../ports/message-bus.ts';
import type { Envelope } from './bell-message.ts';
import type { BusCounters } from './bus-stats.ts';
import { ChannelSupervisor } from './channel-supervisor.ts';
import type { BrokerConnection } from './connection.ts';
import { Fifo } from './fifo.ts';
import { sendEnvelope } from './send-envelope.ts';
import { APPLY_COMMAND } from './topology.ts';

const TICK_MS = 100;
/** Patience for confirms while an alarm is on: those of what the broker read before it come within milliseconds, all others after it. */
const BLOCKED_PATIENCE_MS = 1_000;
/** Messages that wait for room; more are refused at once. */
const WAITING_MAX = 20_000;
/** Unanswered publishes given up on one channel, as a multiple of those in flight; then the channel is opened anew. */
const ABANDONED_FACTOR = 10;
const SAID_EVERY_MS = 60_000;
/** Number of the publish on its channel: equal message ids may be in flight at once, so a return is matched by this. */
const NUMBER = 'x-jobline-number';

export interface PublisherOptions {
  readonly name: string;
  readonly connection: BrokerConnection;
  /** Must exist: publishing to a missing one would close the channel under everything in flight. */
  readonly exchange: string;
  /** Published and not yet answered, 1..65,535. */
  readonly inFlightMax: number;
  /** After this the outcome is `unknown`, under an alarm after 1 s; also how long a message waits for room, after which it is `refused`. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stats: BusCounters;
}

interface Call {
  readonly outcomes: PublishOutcome[];
  open: number;
  readonly resolve: (outcomes: readonly PublishOutcome[]) => void;
}

interface Entry {
  readonly envelope: Envelope;
  readonly call: Call;
  readonly index: number;
  /** When it began to wait for room, then when it was sent. */
  sinceMs: number;
  isReturned: boolean;
}

/**
 * Publishes on one confirm channel, each message once: what is in doubt is `unknown`, never sent again from here. Bounded:
 * nothing is kept while the channel is down or blocked by an alarm.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #supervisor: ChannelSupervisor<ConfirmChannel>;
  /** In the order of sending; the key is the delivery tag, which confirms carry. */
  readonly #inFlight = new Map<number, Entry>();
  /** Tags given up on this channel: still unanswered by the broker. */
  readonly #abandoned = new Set<number>();
  readonly #waiting = new Fifo<Entry>();
  readonly #idle = new Set<() => void>();
  readonly #said = new Map<string, number>();
  readonly #offBlocked: () => void;
  #lastTag = 0;
  #isFlooded = false;
  #isStopped = false;
  #stalledUntilMs = 0;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { name, connection, exchange, clock, logger, stats } = options;
    this.#supervisor = new ChannelSupervisor<ConfirmChannel>(
      {
        name,
        open: (model) => model.createConfirmChannel(),
        setUp: async (channel) => {
          this.#listen(channel);
          await channel.checkExchange(exchange);
        },
        onGone: () => this.#onGone(),
      },
      { connection, clock, logger, onRebuild: () => (stats.channelRebuilds += 1) },
    );
    this.#offBlocked = connection.onChange(() => {
      if (!this.#isOpen) this.#refuseWaiting();
    });
  }

  start(): void {
    this.#supervisor.start();
  }

  /** True while messages can be sent and the broker answers them. */
  get canPublish(): boolean {
    return this.#isOpen && this.#options.clock.monotonicMs() >= this.#stalledUntilMs;
  }

  get #isOpen(): boolean {
    return !this.#isStopped && this.#supervisor.isLive && !this.#options.connection.isBlocked;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  whenLive(signal: AbortSignal): Promise<void> {
    return this.#supervisor.whenLive(signal);
  }

  /** Never throws. @returns outcomes in the order given. */
  send(envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    const { stats, clock } = this.#options;
    const hasRoom = this.#waiting.size + envelopes.length <= WAITING_MAX;
    if (envelopes.length === 0 || !this.#isOpen || !hasRoom) {
      stats.refused += envelopes.length;
      return Promise.resolve(envelopes.map(() => 'refused'));
    }
    return new Promise((resolve) => {
      const call: Call = { outcomes: new Array(envelopes.length), open: envelopes.length, resolve };
      const sinceMs = clock.monotonicMs();
      for (const [index, envelope] of envelopes.entries()) this.#waiting.push({ envelope, call, index, sinceMs, isReturned: false });
      this.#pump();
    });
  }

  /** Waits up to `timeoutMs` for what is in flight, then closes; the rest is `unknown`. Safe twice and before `start`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    this.#refuseWaiting();
    await this.#untilIdle(timeoutMs);
    await this.#supervisor.stop();
    this.#onGone();
    this.#offBlocked();
  }

  #listen(channel: ConfirmChannel): void {
    this.#lastTag = 0;
    this.#isFlooded = false;
    channel.on('return', (message) => this.#onReturn(message));
    channel.on('ack', ({ deliveryTag, multiple }) => this.#onAnswer(deliveryTag, multiple, true));
    channel.on('nack', ({ deliveryTag, multiple }) => this.#onAnswer(deliveryTag, multiple, false));
    channel.on('drain', () => {
      if (channel !== this.#supervisor.channel) return;
      this.#isFlooded = false;
      this.#pump();
    });
  }

  #pump(): void {
    const channel = this.#supervisor.channel;
    while (channel && this.#isOpen && this.#inFlight.size < this.#options.inFlightMax && !this.#isFlooded) {
      const entry = this.#waiting.shift();
      if (!entry) break;
      this.#write(channel, entry);
    }
    if (this.#inFlight.size + this.#waiting.size > 0) this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
  }

  #write(channel: ConfirmChannel, entry: Entry): void {
    const { routingKey, headers, mandatory } = entry.envelope;
    // What is not mandatory is never returned.
    if (mandatory) headers[NUMBER] = this.#lastTag + 1;
    try {
      const hasRoom = sendEnvelope(channel, entry.envelope);
      this.#lastTag += 1;
      entry.sinceMs = this.#options.clock.monotonicMs();
      this.#inFlight.set(this.#lastTag, entry);
      this.#options.stats.published += 1;
      this.#isFlooded = !hasRoom;
    } catch (error) {
      // Thrown before anything is written: a channel that is closing, or a message that cannot be encoded.
      this.#say(routingKey, { routing_key: routingKey, err: error }, 'message could not be sent');
      this.#answer(entry, 'refused');
    }
  }

  #onReturn({ fields, properties }: Message): void {
    const entry = this.#inFlight.get(Number(properties.headers?.[NUMBER]));
    if (entry) entry.isReturned = true;
    if (entry?.envelope.isQuestion) return;
    const facts = { exchange: fields.exchange, routing_key: fields.routingKey };
    this.#say(fields.routingKey, facts, `message returned, no queue is bound: run \`${APPLY_COMMAND}\``);
  }

  #onAnswer(tag: number, isMultiple: boolean, isAck: boolean): void {
    this.#stalledUntilMs = 0;
    if (isMultiple) {
      for (const earlier of tagsUpTo(this.#inFlight.keys(), tag)) this.#settle(earlier, isAck);
      for (const earlier of tagsUpTo(this.#abandoned, tag)) this.#forget(earlier);
    } else {
      this.#settle(tag, isAck);
      this.#forget(tag);
    }
    this.#pump();
    this.#tellIdle();
  }

  #forget(tag: number): void {
    if (this.#abandoned.delete(tag)) this.#options.stats.lateConfirms += 1;
  }

  #settle(tag: number, isAck: boolean): void {
    const entry = this.#inFlight.get(tag);
    if (!entry) return;
    this.#inFlight.delete(tag);
    // A return comes before the confirm, which is positive (docs/decisions.md, "Broker and driver facts").
    if (!isAck) this.#answer(entry, 'refused');
    else this.#answer(entry, entry.isReturned ? 'returned' : 'confirmed');
  }

  #onGone(): void {
    const lost = [...this.#inFlight.values()];
    this.#inFlight.clear();
    this.#abandoned.clear();
    this.#stalledUntilMs = 0;
    for (const entry of lost) this.#answer(entry, 'unknown');
    this.#refuseWaiting();
  }

  #refuseWaiting(): void {
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) this.#answer(entry, 'refused');
    this.#tellIdle();
  }

  /** Gives up what has waited too long. Its place is free again: one queue without a majority must not stop all others. */
  #tick(): void {
    const { clock, timeoutMs, inFlightMax, connection } = this.#options;
    const now = clock.monotonicMs();
    const patienceMs = connection.isBlocked ? Math.min(timeoutMs, BLOCKED_PATIENCE_MS) : timeoutMs;
    for (const [tag, entry] of this.#inFlight) {
      if (now - entry.sinceMs < patienceMs) break;
      this.#inFlight.delete(tag);
      this.#abandoned.add(tag);
      this.#stalledUntilMs = now + timeoutMs;
      this.#answer(entry, 'unknown');
    }
    for (let first = this.#waiting.peek(); first && now - first.sinceMs >= timeoutMs; first = this.#waiting.peek()) {
      this.#waiting.shift();
      this.#answer(first, 'refused');
    }
    const channel = this.#supervisor.channel;
    if (channel && this.#abandoned.size > inFlightMax * ABANDONED_FACTOR) this.#supervisor.rebuild(channel);
    this.#pump();
    this.#tellIdle();
  }

  #answer({ call, index }: Entry, outcome: PublishOutcome): void {
    call.outcomes[index] = outcome;
    this.#options.stats[outcome] += 1;
    call.open -= 1;
    if (call.open === 0) call.resolve(call.outcomes);
  }

  #tellIdle(): void {
    if (this.#inFlight.size + this.#waiting.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    for (const tell of [...this.#idle]) tell();
  }

  async #untilIdle(timeoutMs: number): Promise<void> {
    if (this.#inFlight.size === 0) return;
    const idle = new AbortController();
    this.#idle.add(() => idle.abort());
    await this.#options.clock.sleep(timeoutMs, idle.signal);
  }

  /** Logs at most once a minute for one key. */
  #say(key: string, facts: object, message: string): void {
    const now = this.#options.clock.monotonicMs();
    if (now - (this.#said.get(key) ?? Number.NEGATIVE_INFINITY) < SAID_EVERY_MS) return;
    if (this.#said.size >= 1_000) this.#said.clear();
    this.#said.set(key, now);
    this.#options.logger.warn({ publisher: this.#options.name, ...facts }, message);
  }
}

/** Tags are kept in ascending order. */
function* tagsUpTo(tags: Iterable<number>, last: number): Generator<number> {
  for (const tag of tags) {
    if (tag > last) return;
    yield tag;
  }
}
