import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

const KEPT_S = 30 * 86_400;

/** Runs of batches and their jobs. */
export const batches: Migration = {
  version: 14,
  name: 'batches',
  async up(db) {
    const runs = db.collection(COLLECTIONS.batchRuns);
    await runs.createIndex({ state: 1, requestedAt: 1 }, { name: 'open' });
    await runs.createIndex({ of: 1, requestedAt: -1 }, { name: 'list' });
    await runs.createIndex({ requestedAt: 1 }, { name: 'retention', expireAfterSeconds: KEPT_S });
    const items = db.collection(COLLECTIONS.batchItems);
    await items.createIndex({ in: 1, outcome: 1, seq: 1 }, { name: 'outcome' });
    await items.createIndex({ in: 1, seq: 1 }, { name: 'list' });
    await items.createIndex({ at: 1 }, { name: 'retention', expireAfterSeconds: KEPT_S });
  },
};
