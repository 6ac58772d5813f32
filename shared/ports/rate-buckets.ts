import type { RateLimit } from '../domain/access.ts';

/** What a bucket gave, and what is left in it; parts of a token count. */
export interface TokenGrant {
  readonly granted: number;
  readonly level: number;
}

/** Token buckets that all processes share. */
export interface RateBuckets {
  /**
   * Takes up to `wanted` tokens, as many as there are; a bucket that was never used is full. However many processes ask, no
   * token is given twice.
   * @throws StoreUnavailableError: then tokens may be gone.
   */
  take(bucket: string, wanted: number, limit: RateLimit): Promise<TokenGrant>;
}
