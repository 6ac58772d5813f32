import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** What consumers report of their queues; in place of the watermarks, which knew nothing of bells that are held. */
export const queueReports: Migration = {
  version: 2,
  name: 'queue reports',
  async up(db) {
    await db.createIndex(COLLECTIONS.queueReports, { at: 1 }, { name: 'forgotten', expireAfterSeconds: 3_600 });
    const [old] = await db.listCollections({ name: 'watermarks' }).toArray();
    if (old) await db.dropCollection('watermarks');
  },
};
