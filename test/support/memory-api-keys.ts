import type { ApiKey } from '../../shared/domain/api-key.ts';
import type { ApiKeyPage, ApiKeys, NewApiKey } from '../../shared/ports/api-keys.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { pageAfter } from './page-after.ts';

/** ApiKeys in memory that pass the contract of the real ones. */
export class MemoryApiKeys implements ApiKeys {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #keys = new Map<string, ApiKey>();
  /** Calls of `read` so far. */
  reads = 0;

  constructor({ clock }: { clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async create(key: NewApiKey): Promise<ApiKey | undefined> {
    if (this.#keys.has(key.id)) return undefined;
    return this.#put({ ...structuredClone(key), createdAt: this.#clock.now() });
  }

  async read(id: string): Promise<ApiKey | undefined> {
    this.reads += 1;
    return structuredClone(this.#keys.get(id));
  }

  async list({ tenant }: { readonly tenant?: string }, limit: number, after?: string): Promise<ApiKeyPage> {
    const newestFirst = [...this.#keys.values()]
      .filter((key) => tenant === undefined || key.tenant === tenant)
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1));
    const { page, next } = pageAfter(newestFirst, limit, after);
    return { keys: structuredClone(page), ...(next !== undefined && { next }) };
  }

  async rotate(id: string, digest: string, overlapMs: number): Promise<ApiKey | undefined> {
    const key = this.#keys.get(id);
    if (!key || key.revokedAt) return undefined;
    const now = this.#clock.now();
    const until = new Date(now.getTime() + overlapMs);
    return this.#put({ ...key, previous: { digest: key.digest, until }, digest, rotatedAt: now });
  }

  async revoke(id: string): Promise<ApiKey | undefined> {
    const key = this.#keys.get(id);
    return key && this.#put({ ...key, revokedAt: key.revokedAt ?? this.#clock.now() });
  }

  async noteUsed(ids: readonly string[]): Promise<void> {
    const lastUsedAt = this.#clock.now();
    for (const id of ids) {
      const key = this.#keys.get(id);
      if (key) this.#put({ ...key, lastUsedAt });
    }
  }

  #put(key: ApiKey): ApiKey {
    this.#keys.set(key.id, key);
    return structuredClone(key);
  }
}
