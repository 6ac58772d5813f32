import type { ApiKey } from '../domain/api-key.ts';

/** A key to be stored; times are set by the store's clock. */
export type NewApiKey = Pick<ApiKey, 'id' | 'name' | 'tenant' | 'scopes' | 'digest' | 'expireAt' | 'rateLimit'>;

/** One page of a list, newest first. */
export interface ApiKeyPage {
  readonly keys: readonly ApiKey[];
  /** Pass as `after` for the next page; absent on the last. */
  readonly next?: string;
}

/** API keys, durable when a method returns. An expired key is kept for 90 days, a revoked one for good. Methods throw `StoreUnavailableError`. */
export interface ApiKeys {
  /** @returns undefined when the id is taken. */
  create(key: NewApiKey): Promise<ApiKey | undefined>;
  read(id: string): Promise<ApiKey | undefined>;
  /** @throws InvalidCursorError. */
  list(filter: { readonly tenant?: string }, limit: number, after?: string): Promise<ApiKeyPage>;
  /** Gives the key another secret; the present one stays good for `overlapMs`, the one before it no longer. @returns undefined when there is no such key, or it is revoked. */
  rotate(id: string, digest: string, overlapMs: number): Promise<ApiKey | undefined>;
  /** Again: no change. @returns undefined when there is no such key. */
  revoke(id: string): Promise<ApiKey | undefined>;
  /** Notes that the keys were used by now; not durable. */
  noteUsed(ids: readonly string[]): Promise<void>;
}
