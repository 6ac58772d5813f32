import type { Collection, Db, Document } from 'mongodb';
import { inOrder, type RerunRule } from '../domain/rerun/rerun-rule.ts';
import type { RerunRules, StoredRerunRule } from '../ports/rerun-rules.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

interface RuleDocument extends Document, Omit<StoredRerunRule, 'id' | 'spent'> {
  readonly _id: string;
  /** The hour that `spent` counts. */
  readonly hour?: Date;
  readonly spent?: number;
}

const HOUR_MS = 3_600_000;
const THIS_HOUR = { $dateTrunc: { date: '$$NOW', unit: 'hour' } };
const SPENT = { $cond: [{ $eq: ['$hour', THIS_HOUR] }, { $ifNull: ['$spent', 0] }, 0] };

/** Rules of re-runs in collection `rerun_rules`: so few that they need no index. Times are the server's. */
export class MongoRerunRules implements RerunRules {
  readonly #db: Db;
  readonly #rules: Collection<RuleDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#db = db;
    this.#rules = db.collection(COLLECTIONS.rerunRules, { writeConcern: DURABLE });
  }

  async list(): Promise<readonly StoredRerunRule[]> {
    const [now, found] = await Promise.all([storeCall(() => serverTime(this.#db)), storeCall(() => this.#rules.find().toArray())]);
    return inOrder(found.map((document) => ruleOf(document, now)));
  }

  async put({ id, ...rule }: RerunRule, by: string): Promise<StoredRerunRule> {
    const given = { $literal: { _id: id, ...rule, by } };
    const kept = { $cond: [{ $eq: [{ $type: '$hour' }, 'date'] }, { hour: '$hour', spent: '$spent' }, {}] };
    const change = [{ $replaceWith: { $mergeObjects: [kept, given, { updatedAt: '$$NOW' }] } }];
    const options = { upsert: true, returnDocument: 'after' } as const;
    const put = () => storeCall(() => this.#rules.findOneAndUpdate({ _id: { $eq: id } }, change, options));
    const now = await storeCall(() => serverTime(this.#db));
    try {
      return ruleOf((await put())!, now);
    } catch (error) {
      // Two made it at once: for this one it is there now.
      if (isDuplicateKey(error)) return ruleOf((await put())!, now);
      throw error;
    }
  }

  async remove(id: string): Promise<boolean> {
    return (await storeCall(() => this.#rules.deleteOne({ _id: { $eq: id } }))).deletedCount === 1;
  }

  async spend(id: string, wanted: number, budgetPerHour: number): Promise<number> {
    const granted = { $max: [0, { $min: [wanted, { $subtract: [budgetPerHour, SPENT] }] }] };
    const change = [{ $set: { granted } }, { $set: { spent: { $add: [SPENT, '$granted'] }, hour: THIS_HOUR } }];
    const options = { returnDocument: 'after' } as const;
    const after = await storeCall(() => this.#rules.findOneAndUpdate({ _id: { $eq: id } }, change, options));
    return (after?.['granted'] as number | undefined) ?? 0;
  }
}

function ruleOf(document: RuleDocument, now: Date): StoredRerunRule {
  const { _id, hour, spent = 0, name, priority, when, isEnabled, afterMinutes, maxRuns, budgetPerHour, by, updatedAt } = document;
  const isThisHour = hour !== undefined && Math.floor(now.getTime() / HOUR_MS) * HOUR_MS === hour.getTime();
  return {
    ...{ id: _id, name, priority, when, isEnabled, afterMinutes, maxRuns, by, updatedAt },
    ...(budgetPerHour !== undefined && { budgetPerHour }),
    spent: isThisHour ? spent : 0,
  };
}
