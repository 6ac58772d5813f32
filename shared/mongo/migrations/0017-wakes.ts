import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** Wakes are read at once or never; the oldest go when there is no room. */
const SIZE_BYTES = 64 * 1_024;

/** A capped collection that schedulers tail; one document in it, since a cursor on none ends at once. */
export const wakes: Migration = {
  version: 17,
  name: 'wakes',
  async up(db) {
    const there = await db.listCollections({ name: COLLECTIONS.wakes }, { nameOnly: true }).hasNext();
    if (!there) await db.createCollection(COLLECTIONS.wakes, { capped: true, size: SIZE_BYTES });
    const collection = db.collection(COLLECTIONS.wakes);
    if ((await collection.findOne()) === null) await collection.insertOne({ kind: 'begin' });
  },
};
