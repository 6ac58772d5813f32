import type { RetryPolicy } from './pipeline.ts';

/**
 * Delay before the next attempt: full jitter over a capped exponential, in ms.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
 * @param attempt The attempt that failed, from 1.
 * @param random 0 <= random < 1.
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempt - 1, 40));
  return Math.floor(random * ceiling);
}
