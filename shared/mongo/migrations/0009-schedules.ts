import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** User schedules and the ledger of their ticks. */
export const schedules: Migration = {
  version: 9,
  name: 'schedules',
  async up(db) {
    const collection = db.collection(COLLECTIONS.schedules);
    await collection.createIndex({ dueAt: 1 }, { name: 'due', partialFilterExpression: { dueAt: { $exists: true } } });
    await collection.createIndex({ tenant: 1, createdAt: -1, _id: -1 }, { name: 'list' });
    const ticks = db.collection(COLLECTIONS.scheduleTicks);
    await ticks.createIndex({ scheduleId: 1, createdAt: -1, _id: -1 }, { name: 'ledger' });
    await ticks.createIndex({ expireAt: 1 }, { name: 'retention', expireAfterSeconds: 0 });
  },
};
