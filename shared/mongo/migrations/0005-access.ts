import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';

/** A bucket that was not used for so long is full, whatever its limit: as if it were not there. */
const FORGOTTEN_S = 14 * 86_400;

/** API keys, the audit log and the buckets of the rate limit. */
export const access: Migration = {
  version: 5,
  name: 'access',
  async up(db) {
    const keys = db.collection(COLLECTIONS.apiKeys);
    await keys.createIndex({ removeAt: 1 }, { name: 'retention', expireAfterSeconds: 0 });
    await keys.createIndex({ tenant: 1, createdAt: -1, _id: -1 }, { name: 'list' });
    const audit = db.collection(COLLECTIONS.audit);
    await audit.createIndex({ expireAt: 1 }, { name: 'retention', expireAfterSeconds: 0 });
    await audit.createIndex({ tenant: 1, _id: -1 }, { name: 'tenant' });
    for (const field of ['keyId', 'target'])
      await audit.createIndex({ [field]: 1, _id: -1 }, { name: field, partialFilterExpression: { [field]: { $exists: true } } });
    await db.collection(COLLECTIONS.rateBuckets).createIndex({ at: 1 }, { name: 'forgotten', expireAfterSeconds: FORGOTTEN_S });
  },
};
