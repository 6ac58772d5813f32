import type { RateLimit } from '../../../shared/domain/access.ts';
import { MicroBatcher } from '../../../shared/jobs/micro-batcher.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { TokenGrant } from '../../../shared/ports/rate-buckets.ts';

const MOST_AT_ONCE = 1_000;

export interface SharedBucketOptions {
  /** Takes up to so many tokens from the bucket that all gateways share. */
  ask(tokens: number): Promise<TokenGrant>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly limit: RateLimit;
}

/** What became of a request's wish for a token. */
export interface TokenAnswer {
  readonly isGranted: boolean;
  /** Whole tokens that are left. */
  readonly left: number;
  /** Granted: until the bucket is full again. Refused: until there is a token. */
  readonly seconds: number;
}

/**
 * One gateway's end of a bucket. Each token is taken for a request that waits for it, so that what all gateways let pass is
 * exactly what the bucket gave; requests that come while the store is asked share the next question. A bucket that is known
 * to be empty is not asked before it has a token again.
 */
export class SharedBucket {
  readonly #options: SharedBucketOptions;
  readonly #batcher: MicroBatcher<undefined, TokenAnswer>;
  #emptyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: SharedBucketOptions) {
    this.#options = options;
    this.#batcher = new MicroBatcher({ maxBatch: MOST_AT_ONCE, maxFlights: 1, flush: (waiting) => this.#ask(waiting.length) });
  }

  /** @throws StoreUnavailableError. */
  async take(): Promise<TokenAnswer> {
    const waitMs = this.#emptyUntilMs - this.#options.clock.monotonicMs();
    return waitMs > 0 ? refusedFor(waitMs) : this.#batcher.add(undefined);
  }

  async #ask(tokens: number): Promise<readonly TokenAnswer[]> {
    const { ask, clock, limit } = this.#options;
    const askedAtMs = clock.monotonicMs();
    const { granted, level } = await ask(tokens);
    const waitMs = ((1 - level) / limit.perSecond) * 1_000;
    if (granted < tokens) this.#emptyUntilMs = askedAtMs + waitMs;
    const full = Math.max(Math.ceil((limit.burst - level) / limit.perSecond), 0);
    return Array.from({ length: tokens }, (_, index) =>
      index < granted ? { isGranted: true, left: Math.floor(level) + granted - 1 - index, seconds: full } : refusedFor(waitMs),
    );
  }
}

function refusedFor(waitMs: number): TokenAnswer {
  return { isGranted: false, left: 0, seconds: Math.max(Math.ceil(waitMs / 1_000), 1) };
}
