import type { Collection, Db, Document } from 'mongodb';
import {
  type LetterAction,
  OPEN_REPLAYS,
  REPLAY_OUTCOMES,
  type ReplayCounts,
  type ReplayItem,
  type ReplayOperation,
  type ReplayOutcome,
} from '../domain/dead-letters/replay-operation.ts';
import type { DeadLetter } from '../ports/dead-letters.ts';
import type { NewReplay, ReplayOperations } from '../ports/replay-operations.ts';
import { insertMissing, isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface OperationDocument extends Omit<ReplayOperation, 'id'> {
  readonly _id: string;
}

interface ItemDocument extends ReplayItem {
  /** `operation/job`. */
  readonly _id: string;
  readonly op: string;
  readonly at: Date;
}

const OPEN = { state: { $in: [...OPEN_REPLAYS] } };

/** Replays in collection `replays`, their jobs in `replay_items`. Times are the server's. */
export class MongoReplayOperations implements ReplayOperations {
  readonly #replays: Collection<OperationDocument>;
  readonly #items: Collection<ItemDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#replays = db.collection(COLLECTIONS.replays, { writeConcern: DURABLE });
    this.#items = db.collection(COLLECTIONS.replayItems, { writeConcern: DURABLE });
  }

  async plan({ id, ...replay }: NewReplay): Promise<ReplayOperation> {
    const fields = Object.fromEntries(Object.entries(replay).map(([key, value]) => [key, { $literal: value }]));
    const change = [{ $set: { ...fields, state: 'planned', plannedAt: '$$NOW' } }];
    try {
      await storeCall(() => this.#replays.updateOne({ _id: { $eq: id }, state: { $exists: false } }, change, { upsert: true }));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    return (await this.read(id))!;
  }

  async read(id: string): Promise<ReplayOperation | undefined> {
    const found = await storeCall(() => this.#replays.findOne({ _id: { $eq: id } }));
    return found ? operationOf(found) : undefined;
  }

  async list(limit: number, action: LetterAction): Promise<readonly ReplayOperation[]> {
    const options = { sort: { plannedAt: -1, _id: -1 }, limit } as const;
    const wanted = { 'terms.action': action === 'delete' ? { $eq: 'delete' } : { $exists: false } };
    return (await storeCall(() => this.#replays.find(wanted as Document, options).toArray())).map(operationOf);
  }

  async apply(id: string): Promise<boolean> {
    const change = [{ $set: { state: 'collecting', appliedAt: '$$NOW' } }];
    const { matchedCount } = await storeCall(() => this.#replays.updateOne({ _id: { $eq: id }, state: 'planned' }, change));
    return matchedCount === 1;
  }

  async abort(id: string): Promise<boolean> {
    const ended = [{ $set: { state: 'aborted', endedAt: '$$NOW' } }];
    const planned = await storeCall(() => this.#replays.updateOne({ _id: { $eq: id }, state: 'planned' }, ended));
    if (planned.matchedCount === 1) return true;
    const open = { _id: { $eq: id }, ...OPEN };
    const { matchedCount } = await storeCall(() => this.#replays.updateOne(open, { $set: { abortRequested: true } }));
    return matchedCount === 1;
  }

  async undo(id: string, by: string): Promise<boolean> {
    const free = { _id: { $eq: id }, state: { $nin: ['planned' as const] }, undo: { $exists: false } };
    const isOpen = { $in: ['$state', [...OPEN_REPLAYS]] };
    const change = { undo: { by: { $literal: by }, requestedAt: '$$NOW' }, abortRequested: { $cond: [isOpen, true, '$abortRequested'] } };
    return (await storeCall(() => this.#replays.updateOne(free, [{ $set: change }]))).matchedCount === 1;
  }

  async openUndo(): Promise<ReplayOperation | undefined> {
    const wanted = { 'undo.requestedAt': { $exists: true }, 'undo.endedAt': { $exists: false }, state: { $nin: [...OPEN_REPLAYS] } };
    const found = await storeCall(() => this.#replays.findOne(wanted, { sort: { 'undo.requestedAt': 1, _id: 1 } }));
    return found ? operationOf(found) : undefined;
  }

  async endUndo(id: string): Promise<void> {
    const open = { _id: { $eq: id }, undo: { $exists: true } };
    await storeCall(() => this.#replays.updateOne(open, [{ $set: { 'undo.endedAt': '$$NOW' } }]));
  }

  async open(): Promise<ReplayOperation | undefined> {
    const found = await storeCall(() => this.#replays.findOne(OPEN, { sort: { appliedAt: 1, _id: 1 } }));
    return found ? operationOf(found) : undefined;
  }

  async forgetItems(id: string): Promise<void> {
    await storeCall(() => this.#items.deleteMany({ op: { $eq: id } }));
  }

  async addItems(id: string, letters: readonly DeadLetter[], seq: number): Promise<void> {
    const at = new Date();
    const items = letters.map(
      ({ id: jobId, gen }, index): ItemDocument => ({
        _id: `${id}/${jobId}`,
        op: id,
        jobId,
        gen,
        seq: seq + index,
        outcome: 'pending',
        at,
      }),
    );
    await insertMissing(this.#items, items, 'A job of a replay');
  }

  async collected(id: string): Promise<void> {
    const total = await storeCall(() => this.#items.countDocuments({ op: { $eq: id } }));
    await storeCall(() => this.#replays.updateOne({ _id: { $eq: id }, state: 'collecting' }, { $set: { state: 'running', total } }));
  }

  async items(id: string, outcome: ReplayOutcome | undefined, limit: number, after = -1): Promise<readonly ReplayItem[]> {
    const wanted = { op: { $eq: id }, ...(outcome && { outcome }), seq: { $gt: after } };
    const found = await storeCall(() => this.#items.find(wanted, { sort: { seq: 1 }, limit }).toArray());
    return found.map(({ jobId, seq, gen, outcome: now }) => ({ jobId, seq, gen, outcome: now }));
  }

  async note(id: string, jobIds: readonly string[], outcome: ReplayOutcome): Promise<void> {
    if (jobIds.length === 0) return;
    const ids = jobIds.map((jobId) => `${id}/${jobId}`);
    await storeCall((within) => this.#items.updateMany({ _id: { $in: ids } }, { $set: { outcome } }, { hint: { _id: 1 }, ...within }));
  }

  async count(id: string): Promise<ReplayCounts> {
    const stages = [{ $match: { op: { $eq: id } } }, { $group: { _id: '$outcome', count: { $sum: 1 } } }];
    type Row = { readonly _id: ReplayOutcome; readonly count: number };
    const rows = await storeCall(() => this.#items.aggregate<Row>(stages, { hint: 'outcome' }).toArray());
    const found = new Map(rows.map(({ _id, count }) => [_id, count]));
    const counts = Object.fromEntries(REPLAY_OUTCOMES.map((outcome) => [outcome, found.get(outcome) ?? 0])) as ReplayCounts;
    await storeCall(() => this.#replays.updateOne({ _id: { $eq: id } }, { $set: { counts } }));
    return counts;
  }

  async end(id: string, state: 'done' | 'stopped' | 'aborted', reason?: string): Promise<void> {
    const change = [{ $set: { state, endedAt: '$$NOW', ...(reason !== undefined && { reason: { $literal: reason } }) } }];
    await storeCall(() => this.#replays.updateOne({ _id: { $eq: id }, ...OPEN }, change));
  }
}

function operationOf({ _id, ...operation }: OperationDocument): ReplayOperation {
  return { id: _id, ...operation };
}
