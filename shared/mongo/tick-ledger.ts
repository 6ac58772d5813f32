import type { Collection, Db, Filter } from 'mongodb';
import type { Tick, TickState } from '../domain/schedule/schedule.ts';
import type { TickEnd, TickEntry, TickPage } from '../ports/schedule-store.ts';
import { insertMissing } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { encodeCursor, olderThan } from './job-cursor.ts';
import { storeCall } from './store-errors.ts';

interface TickDocument extends Omit<Tick, 'id' | 'at'> {
  readonly _id: string;
  /** The instant; named as lists are ordered. */
  readonly createdAt: Date;
  readonly expireAt: Date;
}

/** How long a line of the ledger is kept. */
const RETAIN_MS = 90 * 86_400_000;

/** The ledger of ticks in collection `schedule_ticks`. The id of a tick is its schedule and its instant: the same tick is one line. */
export class TickLedger {
  readonly #ticks: Collection<TickDocument>;

  constructor(db: Db) {
    this.#ticks = db.collection(COLLECTIONS.scheduleTicks, { writeConcern: DURABLE, readConcern: { level: 'majority' } });
  }

  async open(entries: readonly TickEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const now = new Date();
    const documents = entries.map(({ tick }) => documentOf(tick, now));
    const there = await insertMissing(this.#ticks, documents, 'A tick');
    const replaced = entries.filter(({ replaces }, index) => replaces && there.has(index));
    await Promise.all(replaced.map(({ tick, replaces }) => this.#replace(tick, replaces!, now)));
  }

  async end(ends: readonly TickEnd[]): Promise<void> {
    const now = new Date();
    const updates = ends.map(({ id, state, ...facts }) => ({
      updateOne: {
        // A job that there is decides, also against somebody who found no room for it.
        filter: { _id: { $eq: id }, ...(state !== 'submitted' && { state: { $eq: 'due' as const } }) },
        update: {
          $set: { state, ...facts, decidedAt: now },
          ...(state === 'submitted' && { $unset: { reason: true, detail: true } as const }),
        },
      },
    }));
    await storeCall((within) => this.#ticks.bulkWrite(updates, { ordered: false, ...within }));
  }

  async read(ids: readonly string[]): Promise<readonly Tick[]> {
    if (ids.length === 0) return [];
    return (await storeCall(() => this.#ticks.find({ _id: { $in: [...ids] } }).toArray())).map(tickOf);
  }

  async list(
    { scheduleId, state }: { readonly scheduleId: string; readonly state?: TickState },
    limit: number,
    after?: string,
  ): Promise<TickPage> {
    const parts: Filter<TickDocument>[] = [
      { scheduleId: { $eq: scheduleId } },
      ...(state === undefined ? [] : [{ state: { $eq: state } }]),
      ...(after === undefined ? [] : [olderThan(after)]),
    ];
    const options = { sort: { createdAt: -1, _id: -1 }, limit: limit + 1 } as const;
    const found = await storeCall(() => this.#ticks.find({ $and: parts }, options).toArray());
    const last = found.slice(0, limit).at(-1);
    const next = found.length > limit && last ? { next: encodeCursor({ createdAt: last.createdAt, id: last._id }) } : {};
    return { ticks: found.slice(0, limit).map(tickOf), ...next };
  }

  async removeOf(scheduleId: string): Promise<void> {
    await storeCall(() => this.#ticks.deleteMany({ scheduleId: { $eq: scheduleId } }));
  }

  async #replace({ id, state, reason }: TickEntry['tick'], states: readonly TickState[], now: Date): Promise<void> {
    const change =
      reason === undefined
        ? { $set: { state, decidedAt: now }, $unset: { detail: true, reason: true } as const }
        : { $set: { state, reason, decidedAt: now }, $unset: { detail: true } as const };
    await storeCall(() => this.#ticks.updateOne({ _id: { $eq: id }, state: { $in: [...states] } }, change));
  }
}

function documentOf({ id, at, ...facts }: TickEntry['tick'], now: Date): TickDocument {
  return { _id: id, createdAt: at, ...facts, decidedAt: now, expireAt: new Date(Math.max(at.getTime(), now.getTime()) + RETAIN_MS) };
}

function tickOf({ _id: id, createdAt: at, expireAt: _, ...facts }: TickDocument): Tick {
  return { id, at, ...facts };
}
