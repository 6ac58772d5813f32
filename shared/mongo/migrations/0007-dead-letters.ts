import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';
import { DEAD_LETTER_GROUPS, DEAD_LETTER_LIST } from '../mongo-dead-letters.ts';

const KEPT_S = 30 * 86_400;

/** Dead letters by their cause, and replays of many of them. Only failed jobs are in the index. */
export const deadLetters: Migration = {
  version: 7,
  name: 'dead letters',
  async up(db) {
    const partialFilterExpression = { state: 'FAILED' };
    const groups = { state: 1, type: 1, stage: 1, 'err.fingerprint': 1, doneAt: 1, _id: 1, tenant: 1 } as const;
    await db.createIndex(COLLECTIONS.jobs, groups, { name: DEAD_LETTER_GROUPS, partialFilterExpression });
    const list = { state: 1, doneAt: -1, _id: -1, type: 1, stage: 1, tenant: 1 } as const;
    await db.createIndex(COLLECTIONS.jobs, list, { name: DEAD_LETTER_LIST, partialFilterExpression });
    await db.createIndex(COLLECTIONS.replays, { plannedAt: 1 }, { name: 'retention', expireAfterSeconds: KEPT_S });
    const items = db.collection(COLLECTIONS.replayItems);
    await items.createIndex({ op: 1, outcome: 1, seq: 1 }, { name: 'outcome' });
    await items.createIndex({ op: 1, seq: 1 }, { name: 'list' });
    await items.createIndex({ at: 1 }, { name: 'retention', expireAfterSeconds: KEPT_S });
  },
};
