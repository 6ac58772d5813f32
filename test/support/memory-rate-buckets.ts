import type { RateLimit } from '../../shared/domain/access.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { RateBuckets, TokenGrant } from '../../shared/ports/rate-buckets.ts';

/** RateBuckets in memory that pass the contract of the real ones. */
export class MemoryRateBuckets implements RateBuckets {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #buckets = new Map<string, { readonly level: number; readonly atMs: number }>();
  /** Calls so far. */
  takes = 0;

  constructor({ clock }: { clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async take(bucket: string, wanted: number, { perSecond, burst }: RateLimit): Promise<TokenGrant> {
    this.takes += 1;
    const nowMs = this.#clock.now().getTime();
    const { level: before, atMs } = this.#buckets.get(bucket) ?? { level: burst, atMs: nowMs };
    const full = Math.min(burst, before + (Math.max(0, nowMs - atMs) * perSecond) / 1_000);
    const granted = Math.min(wanted, Math.floor(full + 1e-6));
    const level = Math.max(0, full - granted);
    this.#buckets.set(bucket, { level, atMs: Math.max(nowMs, atMs) });
    return { granted, level };
  }
}
