import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** Jobs are found by their tags. Only those that have some are in the index. */
export const tagsOfJobs: Migration = {
  version: 6,
  name: 'tags of jobs',
  async up(db) {
    const partialFilterExpression = { tags: { $exists: true } };
    await db.createIndex(COLLECTIONS.jobs, { tenant: 1, tags: 1, createdAt: -1, _id: -1 }, { name: 'tags', partialFilterExpression });
  },
};
