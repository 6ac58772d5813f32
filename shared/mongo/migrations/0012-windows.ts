import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** Off-peak jobs that have not ended, and moments of release that are given away. */
export const windows: Migration = {
  version: 12,
  name: 'windows',
  async up(db) {
    const jobs = db.collection(COLLECTIONS.jobs);
    const areOpen = { active: true, offPeak: { $exists: true } };
    const keys = { state: 1, 'pub.due': 1, type: 1, 'offPeak.window': 1 } as const;
    await jobs.createIndex(keys, { name: 'off_peak', partialFilterExpression: areOpen });
    await db.collection(COLLECTIONS.releaseLines).createIndex({ expireAt: 1 }, { name: 'retention', expireAfterSeconds: 0 });
  },
};
