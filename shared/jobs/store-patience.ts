import { StoreUnavailableError } from '../domain/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/** Thrown when the owner stopped while the store was still away. */
export class StoppedError extends Error {}

/**
 * Repeats an operation that may be repeated until the store answers; waits 50 ms to 2 s in between.
 * @throws StoppedError when the signal aborts first; any error that is not `StoreUnavailableError`.
 */
export async function untilStoreAnswers<T>(clock: Clock, signal: AbortSignal, operation: () => Promise<T>): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      if (signal.aborted) throw new StoppedError('Stopped while the store was away', { cause: error });
      await clock.sleep(waitMs * (0.5 + clock.random() / 2), signal);
    }
  }
}

/** Does what need not succeed. Never throws; logs what is no outage. @param what the log's message, where `closed` is not aborted. */
export async function quietly(
  { logger, closed }: { readonly logger: Logger; readonly closed?: AbortSignal },
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailableError) && !closed?.aborted) logger.error({ err: error }, what);
  }
}
