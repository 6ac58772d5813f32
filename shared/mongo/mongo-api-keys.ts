import type { Collection, Db, Document, Filter } from 'mongodb';
import type { ApiKey } from '../domain/api-key.ts';
import type { ApiKeyPage, ApiKeys, NewApiKey } from '../ports/api-keys.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE, LAZY } from './collections.ts';
import { encodeCursor, olderThan } from './job-cursor.ts';
import { storeCall } from './store-errors.ts';

interface KeyDocument extends Omit<ApiKey, 'id'> {
  readonly _id: string;
  /** When the record goes. */
  readonly removeAt?: Date;
}

/** How long a key is still listed once it has expired. */
const KEPT_MS = 90 * 86_400_000;

/** API keys in collection `api_keys`. */
export class MongoApiKeys implements ApiKeys {
  readonly #keys: Collection<KeyDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#keys = db.collection(COLLECTIONS.apiKeys, { writeConcern: DURABLE });
  }

  async create({ id, ...given }: NewApiKey): Promise<ApiKey | undefined> {
    const literals = Object.entries(given).flatMap(([field, value]) => (value === undefined ? [] : [[field, { $literal: value }]]));
    const removeAt = given.expireAt && { removeAt: new Date(given.expireAt.getTime() + KEPT_MS) };
    const fields = { ...Object.fromEntries(literals), createdAt: '$$NOW', ...removeAt };
    const isNew = { _id: { $eq: id }, digest: { $exists: false } };
    try {
      return await this.#change(isNew, { $set: fields }, true);
    } catch (error) {
      if (isDuplicateKey(error)) return undefined;
      throw error;
    }
  }

  async read(id: string): Promise<ApiKey | undefined> {
    const found = await storeCall(() => this.#keys.findOne({ _id: { $eq: id } }));
    return found ? keyOf(found) : undefined;
  }

  async list({ tenant }: { readonly tenant?: string }, limit: number, after?: string): Promise<ApiKeyPage> {
    const parts: Filter<KeyDocument>[] = [
      ...(tenant === undefined ? [] : [{ tenant: { $eq: tenant } }]),
      ...(after === undefined ? [] : [olderThan(after)]),
    ];
    const options = { sort: { createdAt: -1, _id: -1 }, limit: limit + 1 } as const;
    const found = await storeCall(() => this.#keys.find(parts.length > 0 ? { $and: parts } : {}, options).toArray());
    const keys = found.slice(0, limit).map(keyOf);
    const last = keys.at(-1);
    return { keys, ...(found.length > limit && last && { next: encodeCursor(last) }) };
  }

  async rotate(id: string, digest: string, overlapMs: number): Promise<ApiKey | undefined> {
    const previous = { digest: '$digest', until: { $add: ['$$NOW', overlapMs] } };
    const change = { $set: { previous, digest: { $literal: digest }, rotatedAt: '$$NOW' } };
    return this.#change({ _id: { $eq: id }, revokedAt: { $exists: false } }, change);
  }

  async revoke(id: string): Promise<ApiKey | undefined> {
    // Kept for good: else a gateway that still has it as its first key would make it again.
    return this.#change({ _id: { $eq: id } }, { $set: { revokedAt: { $ifNull: ['$revokedAt', '$$NOW'] }, removeAt: '$$REMOVE' } });
  }

  async noteUsed(ids: readonly string[]): Promise<void> {
    const change = [{ $set: { lastUsedAt: '$$NOW' } }];
    await storeCall(() => this.#keys.updateMany({ _id: { $in: ids as string[] } }, change, { writeConcern: LAZY }));
  }

  async #change(filter: Filter<KeyDocument>, change: Document, upsert = false): Promise<ApiKey | undefined> {
    const changed = await storeCall(() => this.#keys.findOneAndUpdate(filter, [change], { returnDocument: 'after', upsert }));
    return changed ? keyOf(changed) : undefined;
  }
}

function keyOf({ _id, removeAt: _, ...key }: KeyDocument): ApiKey {
  return { id: _id, ...key };
}
