import type { Collection, Db, Filter } from 'mongodb';
import { type AuditEntry, firstIdAt, momentOf } from '../domain/audit-entry.ts';
import { InvalidCursorError } from '../domain/failures.ts';
import type { AuditFilter, AuditLog, AuditPage } from '../ports/audit-log.ts';
import { insertMissing } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

/** `at` is in the id. */
interface EntryDocument extends Omit<AuditEntry, 'id' | 'at'> {
  readonly _id: string;
  readonly expireAt: Date;
}

const DAY_MS = 86_400_000;
const LIST_MAX_MS = 5_000;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The audit log in collection `audit`. */
export class MongoAuditLog implements AuditLog {
  readonly #entries: Collection<EntryDocument>;
  readonly #retainMs: number;

  constructor({ db }: { readonly db: Db }, { retainDays }: { readonly retainDays: number }) {
    this.#entries = db.collection(COLLECTIONS.audit, { writeConcern: DURABLE });
    this.#retainMs = retainDays * DAY_MS;
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const documents = entries.map(({ id, at, ...facts }) => ({ _id: id, ...facts, expireAt: new Date(at.getTime() + this.#retainMs) }));
    await insertMissing(this.#entries, documents, 'An entry of the audit log');
  }

  async list(filter: AuditFilter, limit: number, after?: string): Promise<AuditPage> {
    const { from, until, ...equal } = filter;
    const parts: Filter<EntryDocument>[] = [
      ...Object.entries(equal).flatMap(([field, value]) => (value === undefined ? [] : [{ [field]: { $eq: value } }])),
      ...(from ? [{ _id: { $gte: firstIdAt(from) } }] : []),
      ...(until ? [{ _id: { $lt: firstIdAt(until) } }] : []),
      ...(after === undefined ? [] : [{ _id: { $lt: placeOf(after) } }]),
    ];
    const options = { sort: { _id: -1 }, limit: limit + 1, projection: { expireAt: 0 }, maxTimeMS: LIST_MAX_MS } as const;
    const found = await storeCall(() => this.#entries.find(parts.length > 0 ? { $and: parts } : {}, options).toArray());
    const entries = found.slice(0, limit).map(({ _id: id, expireAt: _, ...facts }) => ({ id, at: momentOf(id), ...facts }));
    const last = entries.at(-1);
    return { entries, ...(found.length > limit && last && { next: Buffer.from(last.id).toString('base64url') }) };
  }
}

function placeOf(after: string): string {
  const id = Buffer.from(after, 'base64url').toString();
  if (!ID.test(id)) throw new InvalidCursorError('The page token is not one that this service has issued.');
  return id;
}
