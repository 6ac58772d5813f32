import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** Terminal events that are owed a batch: found when they are due, and by the claim of their batch. */
export const eventNotes: Migration = {
  version: 16,
  name: 'event notes',
  async up(db) {
    await db.createIndex(COLLECTIONS.eventNotes, { due: 1 }, { name: 'due' });
  },
};
