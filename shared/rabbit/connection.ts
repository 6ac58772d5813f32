import { AmqpConnectionManagerClass } from 'amqp-connection-manager';
import type { ChannelModel } from 'amqplib';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { connectFailure, hostOf, reasonWithoutSecrets, withHeartbeat } from './amqp-url.ts';
import { joinWrites } from './joined-writes.ts';

const FIRST_RETRY_MS = 300;
/** A connection that lived this long was a good one: the next loss starts the backoff anew. */
const GOOD_AFTER_MS = 5_000;
const HANDSHAKE_MS = 10_000;
const CLOSE_MS = 3_000;

export interface ConnectionOptions {
  /** In the logs and in the management UI. */
  readonly name: string;
  /** Nodes of one cluster, tried in turn, each connection in an order of its own: so they spread over the nodes. */
  readonly urls: readonly string[];
  /**
   * 10 to 20; a dead peer is noticed after two to three of them. Shorter ones cut a process that is only busy: 9 s of busy
   * loop under a heartbeat of 2 s ended in ECONNRESET (measured).
   */
  readonly heartbeatSeconds: number;
  /** Longest time between two attempts, of channels too. */
  readonly retryMaxMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told of each connection after the first. */
  onReconnect(): void;
}

/**
 * One connection that is kept up: amqp-connection-manager connects and reconnects, we own the channels. Its ChannelWrapper
 * is never used: it acknowledges on whatever channel is current (docs/decisions.md).
 */
export class BrokerConnection {
  readonly #options: ConnectionOptions;
  readonly #manager: AmqpConnectionManagerClass;
  readonly #listeners = new Set<() => void>();
  #current: ChannelModel | undefined;
  #isBlocked = false;
  #failures = 0;
  #upSinceMs = 0;
  #connects = 0;
  #lastFailure: string | undefined;
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { name, heartbeatSeconds, clock } = options;
    const urls = shuffled(options.urls, () => clock.random());
    this.#manager = new AmqpConnectionManagerClass(
      urls.map((url) => withHeartbeat(url, heartbeatSeconds)),
      {
        heartbeatIntervalInSeconds: heartbeatSeconds,
        reconnectTimeInSeconds: FIRST_RETRY_MS / 1_000,
        connectionOptions: {
          // Without it a confirm takes 38 ms instead of 1.6: Nagle against delayed ACK (docs/performance.md).
          noDelay: true,
          keepAlive: true,
          timeout: HANDSHAKE_MS,
          clientProperties: { connection_name: name },
        },
      },
    );
  }

  /** The connection that is up now. */
  get current(): ChannelModel | undefined {
    return this.#current;
  }

  /** True while an alarm (memory, disk) stops this connection from publishing. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Failures in a row, as the backoff counts them. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the last attempt failed, undefined once one has succeeded. */
  get lastFailure(): string | undefined {
    return this.#lastFailure;
  }

  /** How long to wait after so many failures, for this connection and for what lives on it. @param failures so far, from 0. */
  retryDelayMs(failures: number): number {
    return retryDelayMs(failures, this.#options.clock.random(), this.#options.retryMaxMs);
  }

  /** Begins to connect, and never gives up until `stop`. Safe twice. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    const manager = this.#manager;
    manager.on('connect', ({ url }) => this.#onUp(typeof url === 'string' ? hostOf(url) : ''));
    manager.on('connectFailed', ({ err, url }) => this.#onFailed(err, typeof url === 'string' ? hostOf(url) : ''));
    manager.on('disconnect', ({ err }) => this.#onDown(err));
    manager.on('blocked', ({ reason }) => this.#onBlocked(reason));
    manager.on('unblocked', () => this.#onBlocked(undefined));
    // Rejects for wrong credentials, yet goes on trying; both are reported by the events.
    manager.connect().catch(() => undefined);
  }

  /** Calls `listener` whenever it goes up or down, an attempt fails, an alarm blocks or unblocks it. @returns the end of it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when `isReached` holds after a change, or the signal is aborted. */
  until(isReached: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isReached() && !signal.aborted) return;
        end();
        signal.removeEventListener('abort', look);
        resolve();
      };
      const end = this.onChange(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  /** Closes it, within 3 s even when the peer does not answer. Safe twice and before `start`. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    const last = this.#manager.connection;
    this.#manager.reconnectTimeInSeconds = 0;
    const enough = new AbortController();
    const closed = this.#manager.close().catch(() => undefined);
    await Promise.race([closed, this.#options.clock.sleep(CLOSE_MS, enough.signal)]);
    enough.abort();
    destroySocket(last);
    this.#current = undefined;
    this.#tell();
  }

  #onUp(host: string): void {
    // A handshake that was under way when we stopped: the manager closes it.
    if (this.#state === 'stopped') return;
    this.#current = this.#manager.connection;
    if (this.#current) joinWrites(this.#current);
    this.#isBlocked = false;
    this.#lastFailure = undefined;
    this.#upSinceMs = this.#options.clock.monotonicMs();
    this.#connects += 1;
    if (this.#connects > 1) this.#options.onReconnect();
    this.#options.logger.info({ connection: this.#options.name, host }, 'connected to RabbitMQ');
    this.#tell();
  }

  #onDown(error: unknown): void {
    const { clock, logger, name, urls } = this.#options;
    this.#current = undefined;
    this.#isBlocked = false;
    if (clock.monotonicMs() - this.#upSinceMs >= GOOD_AFTER_MS) this.#failures = 0;
    this.#delayRetry();
    logger.warn({ connection: name, reason: reasonWithoutSecrets(error ?? 'closed', urls) }, 'connection to RabbitMQ lost');
    this.#tell();
  }

  #onFailed(error: unknown, host: string): void {
    const { logger, name, urls } = this.#options;
    const { reason, refusal } = connectFailure(error, urls);
    // Said when it changes, then ever more rarely.
    if (reason !== this.#lastFailure || isPowerOfTwo(this.#failures + 1)) {
      const facts = { connection: name, host, reason, attempt: this.#failures + 1 };
      // Nothing but a person mends a refusal; it is tried on all the same, since passwords are changed under running services.
      if (refusal) logger.error(facts, 'RabbitMQ refused the connection');
      else logger.warn(facts, 'connecting to RabbitMQ failed');
    }
    this.#lastFailure = reason;
    this.#delayRetry();
    this.#tell();
  }

  #onBlocked(reason: string | undefined): void {
    this.#isBlocked = reason !== undefined;
    const { logger, name } = this.#options;
    if (reason === undefined) logger.info({ connection: name }, 'RabbitMQ accepts messages again');
    else logger.warn({ connection: name, reason }, 'RabbitMQ accepts no messages: an alarm is on');
    this.#tell();
  }

  /** The manager reads this field right after it has told us: its own delay is fixed, ours grows and has jitter. */
  #delayRetry(): void {
    const isEnding = this.#state === 'stopped';
    this.#manager.reconnectTimeInSeconds = isEnding ? 0 : this.retryDelayMs(this.#failures) / 1_000;
    this.#failures += 1;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** 0.3 s, doubled at each failure up to `maxMs`, between half and all of it. @param failures so far, from 0. */
function retryDelayMs(failures: number, random: number, maxMs: number): number {
  const ceiling = Math.min(maxMs, FIRST_RETRY_MS * 2 ** Math.min(failures, 20));
  return ceiling * (0.5 + random / 2);
}

/** In an order by chance, each as likely. */
function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}

/** For logging a repeated failure ever more rarely. */
export function isPowerOfTwo(count: number): boolean {
  return count > 0 && (count & (count - 1)) === 0;
}

/** A peer that is gone never answers the close; the socket would live on until the heartbeat. */
export function destroySocket(connection: ChannelModel | undefined): void {
  const raw = connection?.connection as { stream?: { destroy?: () => void } } | undefined;
  raw?.stream?.destroy?.();
}
