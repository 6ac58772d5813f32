import type { Db, Document } from 'mongodb';
import type { LeaseStore } from '../ports/lease-store.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface LeaseDocument {
  readonly _id: string;
  readonly owner: string;
  readonly until: Date;
}

/** Leases in collection `leases`, on the server's clock. */
export class MongoLeaseStore implements LeaseStore {
  readonly #leases;

  constructor(db: Db) {
    this.#leases = db.collection<LeaseDocument>('leases', { writeConcern: DURABLE });
  }

  async tryAcquire(name: string, owner: string, ttlMs: number): Promise<boolean> {
    const taken = [{ $set: { owner: { $literal: owner }, until: { $add: ['$$NOW', ttlMs] } } }];
    const isFree = { $or: [{ owner: { $eq: owner } }, { $expr: { $lt: ['$until', '$$NOW'] } }] };
    const { matchedCount } = await storeCall(() => this.#leases.updateOne({ _id: { $eq: name }, ...isFree }, taken));
    return matchedCount === 1 || this.#create(name, taken);
  }

  /** An upsert may not look at the clock, so the first taking of a lease is a write of its own. */
  async #create(name: string, taken: Document[]): Promise<boolean> {
    const isNew = { _id: { $eq: name }, owner: { $exists: false } };
    try {
      return (await storeCall(() => this.#leases.updateOne(isNew, taken, { upsert: true }))).upsertedCount === 1;
    } catch (error) {
      // Another owner holds it: the filter did not match and the upsert met its document.
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async release(name: string, owner: string): Promise<void> {
    await storeCall(() => this.#leases.deleteOne({ _id: { $eq: name }, owner: { $eq: owner } }));
  }
}
