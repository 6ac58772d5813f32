import type { Principal, RateLimit } from '../../../shared/domain/access.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { RateBuckets } from '../../../shared/ports/rate-buckets.ts';
import type { RequestLimiter } from '../middleware/admitted.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import type { StoreGuard } from '../store-guard.ts';
import { SharedBucket, type TokenAnswer } from './shared-bucket.ts';

/** More buckets than this are not in use at the same time; one that is dropped costs an early question. */
const MOST_BUCKETS = 10_000;

export interface RateLimiterOptions {
  readonly buckets: RateBuckets;
  readonly guard: Pick<StoreGuard, 'run'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Of tenants; absent: only keys with a limit of their own are limited. */
  readonly perTenant?: RateLimit;
}

interface Policy {
  /** In RateLimit-Policy. */
  readonly name: 'default' | 'key';
  readonly bucket: string;
  readonly limit: RateLimit;
}

/** Limits the requests of a tenant, or of a key with a limit of its own, over all gateways. */
export class RateLimiter implements RequestLimiter {
  readonly #options: RateLimiterOptions;
  readonly #buckets = new Map<string, SharedBucket>();

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  async pass(ctx: RequestContext): Promise<void> {
    const policy = ctx.state.principal && this.#policyOf(ctx.state.principal);
    if (!policy) return;
    const answer = await this.#bucketOf(policy).take();
    ctx.set(headersOf(policy, answer));
    if (answer.isGranted) return;
    const { perSecond, burst } = policy.limit;
    throw new Problem('rate_limited', {
      detail: `The limit is ${perSecond} requests a second, and ${burst} at once.`,
      fields: { 'violated-policies': [policy.name] },
      headers: { 'Retry-After': String(answer.seconds) },
    });
  }

  #policyOf({ tenant, keyId, rateLimit }: Principal): Policy | undefined {
    if (rateLimit && keyId !== undefined) return { name: 'key', bucket: `key:${keyId}`, limit: rateLimit };
    const { perTenant } = this.#options;
    return perTenant && { name: 'default', bucket: `tenant:${tenant}`, limit: perTenant };
  }

  #bucketOf({ bucket: name, limit }: Policy): SharedBucket {
    let bucket = this.#buckets.get(name);
    if (bucket) return bucket;
    const { buckets, guard, clock } = this.#options;
    bucket = new SharedBucket({ ask: (tokens) => guard.run(() => buckets.take(name, tokens, limit)), clock, limit });
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > MOST_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket;
  }
}

/** RateLimit header fields for HTTP, draft 11. A bucket of `burst` that fills in so many seconds is a quota for that window. */
function headersOf({ name, limit: { perSecond, burst } }: Policy, { left, seconds }: TokenAnswer): Record<string, string> {
  return {
    'RateLimit-Policy': `"${name}";q=${burst};w=${Math.ceil(burst / perSecond)}`,
    RateLimit: `"${name}";r=${left};t=${seconds}`,
  };
}
