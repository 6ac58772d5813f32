import type { RateLimit, Scope } from '../../../shared/domain/access.ts';
import { type ApiKey, type KeyParts, keyText, parseKey } from '../../../shared/domain/api-key.ts';
import type { ApiKeyPage, ApiKeys } from '../../../shared/ports/api-keys.ts';
import { Problem } from '../problems.ts';
import { type KeySecrets, newKey } from './key-secrets.ts';

/** What a new key is to be. */
export interface KeyWish {
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly expireAt?: Date;
  readonly rateLimit?: RateLimit;
}

/** A key whose secret was just made: the only moment at which it is known. */
export interface IssuedKey {
  readonly key: ApiKey;
  /** `pk_<id>_<secret>`. */
  readonly text: string;
}

/** Makes, rotates and revokes keys. */
export class ApiKeyDesk {
  readonly #keys: ApiKeys;
  readonly #secrets: KeySecrets | undefined;

  /** @param secrets absent without a pepper: then no key can be made. */
  constructor(keys: ApiKeys, secrets: KeySecrets | undefined) {
    this.#keys = keys;
    this.#secrets = secrets;
  }

  /** @throws Problem keys_not_set_up; StoreUnavailableError. */
  async issue(wish: KeyWish, parts: KeyParts = newKey()): Promise<IssuedKey> {
    const key = await this.#keys.create({ id: parts.id, digest: this.#digest(parts.secret), ...wish });
    if (!key) throw new Error(`There is a key ${parts.id} already.`);
    return { key, text: keyText(parts) };
  }

  /** @throws Problem key_not_found, key_revoked, keys_not_set_up; StoreUnavailableError. */
  async rotate(id: string, overlapMs: number): Promise<IssuedKey> {
    const { secret } = newKey();
    const key = await this.#keys.rotate(id, this.#digest(secret), overlapMs);
    if (key) return { key, text: keyText({ id, secret }) };
    throw (await this.read(id)).revokedAt
      ? new Problem('key_revoked', { detail: `Key ${id} is revoked: create a new one.` })
      : notFound(id);
  }

  /** @throws Problem key_not_found; StoreUnavailableError. */
  async revoke(id: string): Promise<ApiKey> {
    return (await this.#keys.revoke(id)) ?? failNotFound(id);
  }

  /** @throws Problem key_not_found; StoreUnavailableError. */
  async read(id: string): Promise<ApiKey> {
    return (await this.#keys.read(id)) ?? failNotFound(id);
  }

  list(filter: { readonly tenant?: string }, limit: number, after?: string): Promise<ApiKeyPage> {
    return this.#keys.list(filter, limit, after);
  }

  /** Makes the first key, once: whoever has the environment of the gateway has it. @returns false when it was there. @throws StoreUnavailableError. */
  async bootstrap(text: string, wish: KeyWish): Promise<boolean> {
    const parts = parseKey(text);
    if (!parts || (await this.#keys.read(parts.id))) return false;
    return (await this.#keys.create({ id: parts.id, digest: this.#digest(parts.secret), ...wish })) !== undefined;
  }

  #digest(secret: string): string {
    if (this.#secrets) return this.#secrets.digest(secret);
    throw new Problem('keys_not_set_up', { detail: 'This gateway has no pepper: set JOBLINE_KEY_PEPPER or JOBLINE_KEY_PEPPER_FILE.' });
  }
}

const notFound = (id: string) => new Problem('key_not_found', { detail: `There is no key ${JSON.stringify(id.slice(0, 64))}.` });

function failNotFound(id: string): never {
  throw notFound(id);
}
