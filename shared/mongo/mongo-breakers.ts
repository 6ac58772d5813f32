import type { Collection, Db, Document } from 'mongodb';
import type { Breaker } from '../domain/control/breaker.ts';
import type { Breakers } from '../ports/breakers.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

/** A later release that writes other fields raises it. */
const SCHEMA_VERSION = 1;
const BREAKER = 'breaker:';

interface BreakerDocument extends Document, Omit<Breaker, 'id'> {
  readonly _id: string;
  readonly kind: 'breaker';
  readonly schemaVersion: number;
}

/** Breakers in collection `controls`, which every worker reads anyway. Their times are the server's. */
export class MongoBreakers implements Breakers {
  readonly #db: Db;
  readonly #controls: Collection<BreakerDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#db = db;
    this.#controls = db.collection(COLLECTIONS.controls, { writeConcern: DURABLE, readConcern: { level: 'majority' } });
  }

  async list(): Promise<{ now: Date; breakers: readonly Breaker[] }> {
    const readable = { kind: 'breaker' as const, schemaVersion: { $lte: SCHEMA_VERSION } };
    const found = this.#controls.find(readable, { sort: { _id: 1 } });
    const [now, documents] = await Promise.all([storeCall(() => serverTime(this.#db)), storeCall(() => found.toArray())]);
    return { now, breakers: documents.map(breakerOf) };
  }

  async read(id: string): Promise<{ now: Date; breaker?: Breaker }> {
    // One after the other: a time that is older than what was read would be taken for the time of an older state.
    const document = await storeCall(() => this.#controls.findOne({ _id: { $eq: BREAKER + id } }));
    const now = await storeCall(() => serverTime(this.#db));
    return { now, ...(document && { breaker: breakerOf(document) }) };
  }

  async swap({ id, ...fields }: Breaker): Promise<boolean> {
    const _id = BREAKER + id;
    const document = { kind: 'breaker' as const, schemaVersion: SCHEMA_VERSION, ...fields };
    if (fields.version > 1) {
      const before = { _id: { $eq: _id }, version: { $eq: fields.version - 1 } };
      return (await storeCall(() => this.#controls.replaceOne(before, document))).matchedCount === 1;
    }
    try {
      await storeCall(() => this.#controls.insertOne({ _id, ...document }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

/** A breaker of its document. */
export function breakerOf({ _id, kind: _, schemaVersion: __, ...fields }: BreakerDocument | Document): Breaker {
  return { id: String(_id).slice(BREAKER.length), ...(fields as Omit<Breaker, 'id'>) };
}
