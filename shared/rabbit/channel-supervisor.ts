import type { Channel, ChannelModel } from 'amqplib';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { type BrokerConnection, isPowerOfTwo } from './connection.ts';

const GOOD_AFTER_MS = 5_000;
const CLOSE_MS = 3_000;

/** What to do with a channel that is kept alive. */
export interface ChannelTask<C extends Channel> {
  /** In the logs. */
  readonly name: string;
  open(connection: ChannelModel): Promise<C>;
  /** Prepares a fresh channel, by at least one call that the broker answers. When it rejects, the channel is closed and made anew. */
  setUp(channel: C): Promise<void>;
  /** Told once per channel that was set up, whatever ended it. */
  onGone(channel: C): void;
}

export interface SupervisorDeps {
  readonly connection: BrokerConnection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each channel after the first. */
  onRebuild(): void;
}

/**
 * Keeps one channel alive: made again whenever the channel or its connection closes, for whatever reason, with the
 * connection's backoff, until `stop`.
 */
export class ChannelSupervisor<C extends Channel> {
  readonly #task: ChannelTask<C>;
  readonly #deps: SupervisorDeps;
  readonly #ended = new AbortController();
  readonly #onLive = new Set<() => void>();
  #channel: C | undefined;
  #isLive = false;
  #failures = 0;
  #opened = 0;
  #run: Promise<void> | undefined;

  constructor(task: ChannelTask<C>, deps: SupervisorDeps) {
    this.#task = task;
    this.#deps = deps;
  }

  /** True while the channel is open and set up. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** The channel, once it is set up. */
  get channel(): C | undefined {
    return this.#isLive ? this.#channel : undefined;
  }

  start(): void {
    this.#run ??= this.#keepAlive();
  }

  /** Resolves when the channel is live, or at the signal. */
  whenLive(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#onLive.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      if (this.#isLive || signal.aborted) return resolve();
      this.#onLive.add(end);
      signal.addEventListener('abort', end);
    });
  }

  /** Closes the channel so that it is made anew. */
  rebuild(channel: C): void {
    if (channel === this.#channel) void closeQuietly(channel);
  }

  /** The channel is not made again once it closes. */
  retire(): void {
    this.#ended.abort();
  }

  /** Closes the channel for good, within 3 s even when the broker does not answer. Safe twice and before `start`. */
  async stop(): Promise<void> {
    this.retire();
    const channel = this.#channel;
    const enough = new AbortController();
    const closed = Promise.all([channel && closeQuietly(channel), this.#run]);
    await Promise.race([closed, this.#deps.clock.sleep(CLOSE_MS, enough.signal)]);
    enough.abort();
  }

  async #keepAlive(): Promise<void> {
    const { connection, clock } = this.#deps;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await connection.until(() => connection.current !== undefined, signal);
      if (signal.aborted || !connection.current) return;
      const since = clock.monotonicMs();
      // Whatever a task throws, the channel is made again.
      const reason = await this.#holdOne(connection.current).catch(messageOf);
      if (signal.aborted) return;
      if (clock.monotonicMs() - since >= GOOD_AFTER_MS) this.#failures = 0;
      this.#report(reason);
      await clock.sleep(connection.retryDelayMs(this.#failures), signal);
      this.#failures += 1;
    }
  }

  /** Opens a channel and holds it until it is gone. @returns why it is gone. */
  async #holdOne(connection: ChannelModel): Promise<string> {
    let reason = 'closed';
    let channel: C;
    try {
      channel = await this.#task.open(connection);
    } catch (error) {
      return messageOf(error);
    }
    // Without a listener amqplib throws inside its socket handler, which ends the whole connection.
    channel.on('error', (error) => {
      reason = messageOf(error);
    });
    const gone = new Promise<void>((resolve) => channel.once('close', resolve));
    if (this.#ended.signal.aborted) {
      await closeQuietly(channel);
      return reason;
    }
    this.#channel = channel;
    try {
      // A channel that closed before the listener was there is found here: its next call throws.
      await Promise.race([this.#task.setUp(channel), gone.then(() => Promise.reject(new Error(reason)))]);
      if (this.#ended.signal.aborted) void closeQuietly(channel);
      else this.#setLive();
      await gone;
    } catch (error) {
      reason = messageOf(error);
      await closeQuietly(channel);
    } finally {
      this.#isLive = false;
      this.#channel = undefined;
      this.#task.onGone(channel);
    }
    return reason;
  }

  #setLive(): void {
    this.#isLive = true;
    this.#opened += 1;
    if (this.#opened > 1) this.#deps.onRebuild();
    for (const tell of [...this.#onLive]) tell();
  }

  #report(reason: string): void {
    // A lost connection reports itself.
    if (!this.#deps.connection.current || !isPowerOfTwo(this.#failures + 1)) return;
    this.#deps.logger.warn({ channel: this.#task.name, reason, attempt: this.#failures + 1 }, 'channel closed, opening it again');
  }
}

/** Resolves when the channel is closed, by us now or by anybody before. */
export async function closeQuietly(channel: Channel): Promise<void> {
  // amqplib's own promise is never settled when the connection dies before the broker has answered.
  const gone = new Promise<void>((resolve) => channel.once('close', resolve));
  try {
    await Promise.race([channel.close(), gone]);
  } catch {
    // It is closed already: amqplib throws IllegalOperationError.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
