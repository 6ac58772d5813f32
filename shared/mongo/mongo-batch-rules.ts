import type { Collection, Db } from 'mongodb';
import type { BatchRule, BatchSpec } from '../domain/batches/batch-rule.ts';
import type { BatchRules } from '../ports/batch-rules.ts';
import { insertMissing } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface RuleDocument extends Omit<BatchRule, 'id' | 'spec'> {
  readonly _id: string;
  /** As JSON text: as text, the keys of templates mean nothing. */
  readonly spec: string;
}

/** Rules of batches in collection `batch_rules`: so few that they need no index. */
export class MongoBatchRules implements BatchRules {
  readonly #rules: Collection<RuleDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#rules = db.collection(COLLECTIONS.batchRules, { writeConcern: DURABLE, readConcern: { level: 'majority' } });
  }

  async create(rule: BatchRule): Promise<boolean> {
    return (await insertMissing(this.#rules, [documentOf(rule)], 'The rule')).size === 0;
  }

  async read(id: string): Promise<BatchRule | undefined> {
    const found = await storeCall(() => this.#rules.findOne({ _id: { $eq: id } }));
    return found ? ruleOf(found) : undefined;
  }

  async list(): Promise<readonly BatchRule[]> {
    return (await storeCall(() => this.#rules.find({}, { sort: { createdAt: -1, _id: -1 } }).toArray())).map(ruleOf);
  }

  async replace(rule: BatchRule): Promise<BatchRule | undefined> {
    const next = { ...rule, version: rule.version + 1 };
    const expected = { _id: { $eq: rule.id }, version: { $eq: rule.version } };
    const { matchedCount } = await storeCall(() => this.#rules.replaceOne(expected, documentOf(next)));
    return matchedCount === 1 ? next : undefined;
  }

  async remove(id: string): Promise<boolean> {
    return (await storeCall(() => this.#rules.deleteOne({ _id: { $eq: id } }))).deletedCount === 1;
  }

  async due(now: Date): Promise<readonly BatchRule[]> {
    return (await storeCall(() => this.#rules.find({ nextAt: { $lte: now } }, { sort: { nextAt: 1, _id: 1 } }).toArray())).map(ruleOf);
  }
}

function documentOf({ id, spec, ...more }: BatchRule): RuleDocument {
  return { _id: id, ...more, spec: JSON.stringify(spec) };
}

function ruleOf({ _id, spec, ...more }: RuleDocument): BatchRule {
  return { id: _id, ...more, spec: JSON.parse(spec) as BatchSpec };
}
