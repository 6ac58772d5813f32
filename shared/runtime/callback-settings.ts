import type { Config } from './config.ts';

/** What the variables CALLBACK_* say about sending. */
export function callbackSettings(config: Config<'scheduler'>) {
  return {
    maxAttempts: config.callbackMaxAttempts,
    retryBaseMs: config.callbackRetryBaseMs,
    timeoutMs: config.callbackTimeoutMs,
    concurrency: config.callbackConcurrency,
    concurrencyPerHost: config.callbackConcurrencyPerHost,
  };
}
