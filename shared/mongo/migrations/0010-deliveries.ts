import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** Deliveries of callbacks: found when they are due, by their job, and removed with it. */
export const deliveriesOfCallbacks: Migration = {
  version: 10,
  name: 'deliveries of callbacks',
  async up(db) {
    const deliveries = db.collection(COLLECTIONS.deliveries);
    const isDue = { partialFilterExpression: { dueAt: { $exists: true } } };
    await deliveries.createIndex({ dueAt: 1, host: 1 }, { name: 'due', ...isDue });
    await deliveries.createIndex({ jobId: 1, createdAt: 1 }, { name: 'job' });
    await deliveries.createIndex({ expireAt: 1 }, { name: 'retention', expireAfterSeconds: 0 });
  },
};
