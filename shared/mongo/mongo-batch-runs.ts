import type { Collection, Db, Filter } from 'mongodb';
import type { BatchSpec } from '../domain/batches/batch-rule.ts';
import {
  type BatchItem,
  type BatchRun,
  ITEM_OUTCOMES,
  type ItemEnd,
  type ItemOutcome,
  OPEN_RUNS,
  type RunCounts,
} from '../domain/batches/batch-run.ts';
import type { BatchRuns, NewBatchRun } from '../ports/batch-runs.ts';
import { insertMissing, isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface RunDocument extends Omit<BatchRun, 'id' | 'spec'> {
  readonly _id: string;
  /** As JSON text: as text, the keys of templates mean nothing. */
  readonly spec?: string;
}

interface ItemDocument extends BatchItem {
  /** `run/job`. */
  readonly _id: string;
  readonly in: string;
  readonly at: Date;
}

const OPEN = { state: { $in: [...OPEN_RUNS] } };

/** Runs of batches in collection `batch_runs`, their jobs in `batch_items`. Times are the server's. */
export class MongoBatchRuns implements BatchRuns {
  readonly #runs: Collection<RunDocument>;
  readonly #items: Collection<ItemDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#runs = db.collection(COLLECTIONS.batchRuns, { writeConcern: DURABLE });
    this.#items = db.collection(COLLECTIONS.batchItems, { writeConcern: DURABLE });
  }

  async request({ id, spec, ...run }: NewBatchRun): Promise<boolean> {
    const given = Object.entries({ ...run, spec: spec && JSON.stringify(spec) }).filter(([, value]) => value !== undefined);
    const fields = Object.fromEntries(given.map(([key, value]) => [key, { $literal: value }]));
    const change = [{ $set: { ...fields, state: 'requested', requestedAt: '$$NOW' } }];
    const isNew = { _id: { $eq: id }, state: { $exists: false } };
    try {
      return (await storeCall(() => this.#runs.updateOne(isNew, change, { upsert: true }))).upsertedCount === 1;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async read(id: string): Promise<BatchRun | undefined> {
    const found = await storeCall(() => this.#runs.findOne({ _id: { $eq: id } }));
    return found ? runOf(found) : undefined;
  }

  async list(of: string | undefined, limit: number): Promise<readonly BatchRun[]> {
    const wanted: Filter<RunDocument> = of === undefined ? {} : { of: { $eq: of } };
    const found = this.#runs.find(wanted, { sort: { requestedAt: -1, _id: -1 }, limit });
    return (await storeCall(() => found.toArray())).map(runOf);
  }

  async open(limit: number): Promise<readonly BatchRun[]> {
    return (await storeCall(() => this.#runs.find(OPEN, { sort: { requestedAt: 1, _id: 1 }, limit }).toArray())).map(runOf);
  }

  async forgetItems(id: string): Promise<void> {
    await storeCall(() => this.#items.deleteMany({ in: { $eq: id } }));
  }

  async addItems(id: string, items: readonly Omit<BatchItem, 'outcome'>[]): Promise<void> {
    const at = new Date();
    const documents = items.map((item): ItemDocument => ({ ...item, _id: `${id}/${item.jobId}`, in: id, outcome: 'pending', at }));
    await insertMissing(this.#items, documents, 'A job of a run');
  }

  async begin(id: string, isCut: boolean): Promise<void> {
    const total = await storeCall(() => this.#items.countDocuments({ in: { $eq: id } }));
    const change = [{ $set: { state: 'running', total, isCut, startedAt: { $ifNull: ['$startedAt', '$$NOW'] } } }];
    await storeCall(() => this.#runs.updateOne({ _id: { $eq: id }, ...OPEN }, change));
  }

  async items(id: string, outcome: ItemOutcome | undefined, limit: number, after = -1): Promise<readonly BatchItem[]> {
    const wanted = { in: { $eq: id }, ...(outcome && { outcome: { $eq: outcome } }), seq: { $gt: after } };
    const found = await storeCall(() => this.#items.find(wanted, { sort: { seq: 1 }, limit }).toArray());
    return found.map(({ _id: _, in: __, at: ___, ...item }) => item);
  }

  async endItems(id: string, ends: readonly ItemEnd[]): Promise<void> {
    if (ends.length === 0) return;
    const updates = ends.map(({ jobId, ...end }) => ({
      updateOne: { filter: { _id: { $eq: `${id}/${jobId}` } }, update: { $set: end } },
    }));
    await storeCall((within) => this.#items.bulkWrite(updates, { ordered: false, ...within }));
  }

  async count(id: string): Promise<RunCounts> {
    const stages = [{ $match: { in: { $eq: id } } }, { $group: { _id: '$outcome', count: { $sum: 1 } } }];
    type Row = { readonly _id: ItemOutcome; readonly count: number };
    const rows = await storeCall(() => this.#items.aggregate<Row>(stages, { hint: 'outcome' }).toArray());
    const found = new Map(rows.map(({ _id, count }) => [_id, count]));
    const counts = Object.fromEntries(ITEM_OUTCOMES.map((outcome) => [outcome, found.get(outcome) ?? 0]));
    await this.note(id, counts);
    return counts;
  }

  async note(id: string, counts: RunCounts): Promise<void> {
    await storeCall(() => this.#runs.updateOne({ _id: { $eq: id } }, { $set: { counts } }));
  }

  async abort(id: string): Promise<boolean> {
    const open = { _id: { $eq: id }, ...OPEN };
    return (await storeCall(() => this.#runs.updateOne(open, { $set: { abortRequested: true } }))).matchedCount === 1;
  }

  async end(id: string, state: 'done' | 'aborted' | 'failed', reason?: string): Promise<void> {
    const change = [{ $set: { state, endedAt: '$$NOW', ...(reason !== undefined && { reason: { $literal: reason } }) } }];
    await storeCall(() => this.#runs.updateOne({ _id: { $eq: id }, ...OPEN }, change));
  }
}

function runOf({ _id, spec, ...run }: RunDocument): BatchRun {
  return { id: _id, ...run, ...(spec !== undefined && { spec: JSON.parse(spec) as BatchSpec }) };
}
