import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';
import { DEAD_LETTER_NEWEST, DEAD_LETTER_TENANTS } from '../mongo-dead-letters.ts';

const KEPT_S = 366 * 86_400;

/**
 * What operators say of groups of dead letters and change of dead letters, and an index of dead letters, newest first, that knows their groups too.
 * `dead_letter_list` stays for the release before this one, which asks for it by its name.
 */
export const letterGroups: Migration = {
  version: 15,
  name: 'groups of dead letters',
  async up(db) {
    const newest = { state: 1, doneAt: -1, _id: -1, type: 1, stage: 1, 'err.fingerprint': 1, tenant: 1 } as const;
    await db.createIndex(COLLECTIONS.jobs, newest, { name: DEAD_LETTER_NEWEST, partialFilterExpression: { state: 'FAILED' } });
    const ofTenant = { state: 1, tenant: 1, doneAt: -1, _id: -1, type: 1, stage: 1, 'err.fingerprint': 1 } as const;
    await db.createIndex(COLLECTIONS.jobs, ofTenant, { name: DEAD_LETTER_TENANTS, partialFilterExpression: { state: 'FAILED' } });
    await db.createIndex(COLLECTIONS.jobEdits, { jobId: 1, at: 1 }, { name: 'job' });
    await db.createIndex(COLLECTIONS.jobEdits, { sweepAt: 1 }, { name: 'sweep' });
    await db.createIndex(COLLECTIONS.letterGroups, { changedAt: 1 }, { name: 'retention', expireAfterSeconds: KEPT_S });
  },
};
