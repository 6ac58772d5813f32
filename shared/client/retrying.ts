import type { RetrySettings } from './client-options.ts';
import { pause } from './deadline.ts';
import { JoblineNetworkError, JoblineProblem, JoblineTimeoutError } from './errors.ts';

const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Whether the answer says that another attempt may help. */
export function isRetryableStatus(status: number): boolean {
  return RETRYABLE.has(status);
}

/** Whether another attempt may help after this failure. */
export function isRetryable(failure: unknown): boolean {
  if (failure instanceof JoblineProblem) return isRetryableStatus(failure.status);
  return failure instanceof JoblineNetworkError || failure instanceof JoblineTimeoutError;
}

/**
 * How long to wait before the next attempt, in ms.
 * @param attempt the one that failed, from 1.
 * @param retryAfterMs what the server asked for: it is never asked earlier.
 * @returns undefined when there is to be none.
 */
export function retryDelayMs(settings: RetrySettings, attempt: number, retryAfterMs = 0): number | undefined {
  const { attempts, baseDelayMs, maxDelayMs, maxRetryAfterMs } = settings;
  if (attempt >= attempts || retryAfterMs > maxRetryAfterMs) return undefined;
  const ceiling = Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
  // In part at random, so that clients that were refused together do not come back together.
  return Math.max(ceiling * (0.5 + Math.random() / 2), retryAfterMs * (1 + Math.random() / 5));
}

/** What a Retry-After header asks for, in ms: seconds, or a date. */
export function retryAfterMsOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** Repeats an attempt while its failure is one that may pass. @throws the last failure, or JoblineAbortError */
export async function retrying<T>(
  settings: RetrySettings,
  signal: AbortSignal | undefined,
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (failure) {
      if (!isRetryable(failure)) throw failure;
      const delayMs = retryDelayMs(settings, number, failure instanceof JoblineProblem ? failure.retryAfterMs : undefined);
      if (delayMs === undefined) throw failure;
      await pause(delayMs, signal);
    }
  }
}
