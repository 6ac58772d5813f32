import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKey, KeyParts } from '../../../shared/domain/api-key.ts';

const ID_BYTES = 8;
const SECRET_BYTES = 32;

/** A new key: 64 random bits name it, 256 are its secret. */
export function newKey(): KeyParts {
  return { id: randomBytes(ID_BYTES).toString('hex'), secret: randomBytes(SECRET_BYTES).toString('base64url') };
}

/** Checks secrets against what is stored of them. Such secrets need no slow hash: they cannot be guessed. */
export class KeySecrets {
  readonly #pepper;
  /** Compared with where there is no such key, so that this takes as long. */
  readonly #nobody: string;

  /** @param pepper what the store alone does not know. */
  constructor(pepper: string) {
    this.#pepper = createSecretKey(Buffer.from(pepper));
    this.#nobody = this.digest('');
  }

  /** HMAC-SHA256, base64url. */
  digest(secret: string): string {
    return createHmac('sha256', this.#pepper).update(secret).digest('base64url');
  }

  /** Whether the secret opens the key at this moment. Takes the same time whatever is wrong. */
  opens(key: ApiKey | undefined, secret: string, now: Date): boolean {
    const digest = Buffer.from(this.digest(secret));
    const isPresent = isSame(digest, key?.digest ?? this.#nobody);
    const isPrevious = isSame(digest, key?.previous?.digest ?? this.#nobody) && key?.previous !== undefined && now < key.previous.until;
    return key !== undefined && (isPresent || isPrevious) && isInForce(key, now);
  }
}

function isSame(digest: Buffer, stored: string): boolean {
  const other = Buffer.from(stored);
  return other.length === digest.length && timingSafeEqual(digest, other);
}

function isInForce({ revokedAt, expireAt }: ApiKey, now: Date): boolean {
  return revokedAt === undefined && (expireAt === undefined || now < expireAt);
}
