import type { Collection, Db, Document } from 'mongodb';
import { type RetentionRule, ruleIdOf } from '../domain/retention/retention-rule.ts';
import type { RetentionStore, StoredRetentionRule, WalkPlace } from '../ports/retention-store.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

const RULE = 'rule:';
const PLACE = 'place:';

interface RetentionDocument extends Document {
  readonly _id: string;
  readonly kind: 'rule' | 'place';
}

/** Rules of retention and the places of its walks in collection `retention`: so few that they need no index. */
export class MongoRetentionStore implements RetentionStore {
  readonly #retention: Collection<RetentionDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#retention = db.collection(COLLECTIONS.retention, { writeConcern: DURABLE });
  }

  async rules(): Promise<readonly StoredRetentionRule[]> {
    const found = await storeCall(() => this.#retention.find({ kind: 'rule' }, { sort: { _id: 1 } }).toArray());
    return found.map(ruleOf);
  }

  async put(rule: RetentionRule, by: string): Promise<StoredRetentionRule> {
    const _id = RULE + ruleIdOf(rule);
    const whole = { $literal: { _id, kind: 'rule', ...rule, by } };
    const change = [{ $replaceWith: { $mergeObjects: [whole, { updatedAt: '$$NOW' }] } }];
    const options = { upsert: true, returnDocument: 'after' } as const;
    const put = () => storeCall(() => this.#retention.findOneAndUpdate({ _id: { $eq: _id } }, change, options));
    try {
      return ruleOf((await put())!);
    } catch (error) {
      // Two made it at once: for this one it is there now.
      if (isDuplicateKey(error)) return ruleOf((await put())!);
      throw error;
    }
  }

  async remove(id: string): Promise<boolean> {
    return (await storeCall(() => this.#retention.deleteOne({ _id: { $eq: RULE + id } }))).deletedCount === 1;
  }

  async place(walk: string): Promise<WalkPlace | undefined> {
    const found = await storeCall(() => this.#retention.findOne({ _id: { $eq: PLACE + walk } }));
    return found ? { doneAt: found['doneAt'] as Date, id: found['id'] as string, rulesDigest: found['rulesDigest'] as string } : undefined;
  }

  async notePlace(walk: string, { doneAt, id, rulesDigest }: WalkPlace): Promise<void> {
    const whole = { kind: 'place', doneAt, id, rulesDigest } as const;
    await storeCall(() => this.#retention.replaceOne({ _id: { $eq: PLACE + walk } }, whole, { upsert: true }));
  }
}

function ruleOf({ _id, type, outcome, days, by, updatedAt }: RetentionDocument): StoredRetentionRule {
  return {
    id: _id.slice(RULE.length),
    ...(type !== undefined && { type: type as string }),
    ...(outcome !== undefined && { outcome }),
    days,
    by: by as string,
    updatedAt: updatedAt as Date,
  } as StoredRetentionRule;
}
