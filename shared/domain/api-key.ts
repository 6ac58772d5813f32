import type { RateLimit, Scope } from './access.ts';

/** An API key as it is stored: of its secrets only what they can be checked by. */
export interface ApiKey {
  /** Public: shown in lists, logs and the audit log. 16 of a-z and 0-9. */
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  /** HMAC-SHA256 of the secret under the pepper, base64url. */
  readonly digest: string;
  /** The secret before the last rotation, which is good until then. */
  readonly previous?: { readonly digest: string; readonly until: Date };
  readonly rateLimit?: RateLimit;
  readonly createdAt: Date;
  readonly expireAt?: Date;
  readonly rotatedAt?: Date;
  readonly revokedAt?: Date;
  /** Up to a minute late. */
  readonly lastUsedAt?: Date;
}

/** A key as its owner holds it, in parts. */
export interface KeyParts {
  readonly id: string;
  /** 32 random bytes, base64url. */
  readonly secret: string;
}

/** A key anywhere in a text: what it begins with, up to its secret, and the secret. */
export const API_KEYS = /(pk_[0-9a-z]{16}_)([A-Za-z0-9_-]{43})/g;
/** A text that is a key. */
export const API_KEY = /^pk_([0-9a-z]{16})_([A-Za-z0-9_-]{43})$/;

/** `pk_<id>_<secret>`. */
export function keyText({ id, secret }: KeyParts): string {
  return `pk_${id}_${secret}`;
}

/** @returns undefined for a text that is no key. */
export function parseKey(text: string): KeyParts | undefined {
  const [, id, secret] = API_KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
