import { WORKER_FORGOTTEN_S } from '../../domain/control/worker-report.ts';
import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** What workers report of themselves is forgotten when they report no more. */
export const workers: Migration = {
  version: 8,
  name: 'workers',
  async up(db) {
    const options = { name: 'forgotten', expireAfterSeconds: WORKER_FORGOTTEN_S };
    await db.createIndex(COLLECTIONS.workers, { reportedAt: 1 }, options);
  },
};
