import { StoreUnavailableError } from '../../shared/domain/failures.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Logger } from '../../shared/ports/logger.ts';

/** A request waits at most so long for the store. */
const LONGEST_WAIT_MS = 2_500;
/** Between two looks whether the store is back. */
const PROBE_EVERY_MS = 500;

export interface StoreGuardOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asks the store for anything. @throws while it is away. */
  probe(): Promise<unknown>;
  /** Default 2,500. */
  readonly longestWaitMs?: number;
}

/**
 * Refuses requests at once while the store is known to be away, instead of letting each find out by its own timeout. The
 * first failure closes the gate; a probe in the background opens it again.
 */
export class StoreGuard {
  readonly #options: StoreGuardOptions;
  readonly #stopped = new AbortController();
  #probing: Promise<void> | undefined;

  constructor(options: StoreGuardOptions) {
    this.#options = options;
  }

  /** True while requests are refused. */
  get isClosed(): boolean {
    return this.#probing !== undefined;
  }

  /**
   * Runs work that needs the store, for at most 2.5 s. Work that takes longer goes on, unheeded.
   * @throws StoreUnavailableError at once while the gate is closed, and when time is up.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new StoreUnavailableError('The database is away.');
    try {
      return await inTime(work, this.#options.longestWaitMs ?? LONGEST_WAIT_MS);
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.close();
      throw error;
    }
  }

  /** Closes the gate until the store answers a probe. */
  close(): void {
    if (this.#stopped.signal.aborted) return;
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
  }

  /** Ends the probing. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#probing;
  }

  async #probe(): Promise<void> {
    const { clock, logger, probe } = this.#options;
    logger.warn({}, 'the store is away, requests are refused');
    for (;;) {
      try {
        await probe();
        logger.info({}, 'the store is back');
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) logger.warn({ err: error }, 'probing the store failed');
      }
      await clock.sleep(PROBE_EVERY_MS, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
    }
  }
}

/** @throws StoreUnavailableError when time is up. */
function inTime<T>(work: () => Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const working = work();
    const timer = setTimeout(() => reject(new StoreUnavailableError(`The database did not answer within ${ms} ms.`)), ms);
    const settle =
      <V>(how: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        how(value);
      };
    working.then(settle(resolve), settle(reject));
  });
}
