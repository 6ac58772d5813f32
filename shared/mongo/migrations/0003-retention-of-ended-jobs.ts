import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** Only ended jobs have a time to go: the index before had an entry for each active job too, written and taken back. */
export const retentionOfEndedJobs: Migration = {
  version: 3,
  name: 'retention of ended jobs',
  async up(db) {
    const jobs = db.collection(COLLECTIONS.jobs);
    const partialFilterExpression = { expireAt: { $exists: true } };
    await jobs.createIndex({ expireAt: 1 }, { name: 'retention_ended', expireAfterSeconds: 0, partialFilterExpression });
    const old = (await jobs.indexes()).find(({ name }) => name === 'retention');
    if (old) await jobs.dropIndex('retention');
  },
};
