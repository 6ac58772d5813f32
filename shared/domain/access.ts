/** What a key may do; none includes another. `admin`: the control plane, which sees all tenants. */
export const SCOPES = ['submit', 'read', 'cancel', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who everybody is without keys, and the tenant of the first key. */
export const DEFAULT_TENANT = 'default';

/** A token bucket: holds `burst` requests when it is full, and fills at `perSecond`. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Who makes a request, and what they may do. */
export interface Principal {
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  /** Absent where there are no keys. */
  readonly keyId?: string;
  readonly keyName?: string;
  /** A limit of the key's own, in place of its tenant's. */
  readonly rateLimit?: RateLimit;
}
