import type { Collection, Db, Filter } from 'mongodb';
import {
  dueAtOf,
  type JobTemplate,
  type ScheduleRecord,
  type ScheduleSpec,
  type Tick,
  type TickState,
} from '../domain/schedule/schedule.ts';
import type { Logger } from '../ports/logger.ts';
import type { SchedulePage, ScheduleStore, TickEnd, TickEntry, TickPage } from '../ports/schedule-store.ts';
import { insertMissing } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { encodeCursor, olderThan } from './job-cursor.ts';
import { MongoWakes } from './mongo-wakes.ts';
import { storeCall } from './store-errors.ts';
import { TickLedger } from './tick-ledger.ts';

type StoredSpec = Omit<ScheduleSpec, 'job'>;

interface ScheduleDocument extends Omit<ScheduleRecord, 'id' | 'spec'> {
  readonly _id: string;
  readonly spec: StoredSpec;
  /** The template as JSON text: as text, its keys mean nothing. */
  readonly job: string;
  readonly dueAt?: Date;
}

/** User schedules in collection `schedules`, their ledger in `schedule_ticks`. */
export class MongoScheduleStore implements ScheduleStore {
  readonly #schedules: Collection<ScheduleDocument>;
  readonly #ledger: TickLedger;
  readonly #logger: Logger;
  readonly #wakes: MongoWakes;

  constructor({ db }: { readonly db: Db }, logger: Logger) {
    this.#schedules = db.collection(COLLECTIONS.schedules, { writeConcern: DURABLE, readConcern: { level: 'majority' } });
    this.#ledger = new TickLedger(db);
    this.#logger = logger;
    this.#wakes = new MongoWakes({ db });
  }

  async create(record: ScheduleRecord): Promise<boolean> {
    const isNew = (await insertMissing(this.#schedules, [documentOf(record)], 'The schedule')).size === 0;
    if (isNew) this.#wakes.tell('schedules');
    return isNew;
  }

  async read(tenant: string, id: string): Promise<ScheduleRecord | undefined> {
    const found = await storeCall(() => this.#schedules.findOne({ _id: { $eq: id }, tenant: { $eq: tenant } }));
    return found ? recordOf(found) : undefined;
  }

  async list(tenant: string, limit: number, after?: string): Promise<SchedulePage> {
    const ofTenant: Filter<ScheduleDocument> = { tenant: { $eq: tenant } };
    const filter = after === undefined ? ofTenant : { $and: [ofTenant, olderThan(after)] };
    const options = { sort: { createdAt: -1, _id: -1 }, limit: limit + 1 } as const;
    const found = await storeCall(() => this.#schedules.find(filter, options).toArray());
    const schedules = found.slice(0, limit).map(recordOf);
    const last = schedules.at(-1);
    return { schedules, ...(found.length > limit && last && { next: encodeCursor(last) }) };
  }

  async count(tenant: string): Promise<number> {
    return storeCall(() => this.#schedules.countDocuments({ tenant: { $eq: tenant } }));
  }

  async replace(record: ScheduleRecord): Promise<ScheduleRecord | undefined> {
    const next = { ...record, version: record.version + 1 };
    const expected = { _id: { $eq: record.id }, version: { $eq: record.version } };
    const { matchedCount } = await storeCall(() => this.#schedules.replaceOne(expected, documentOf(next)));
    if (matchedCount !== 1) return undefined;
    this.#wakes.tell('schedules');
    return next;
  }

  async remove({ id, version }: ScheduleRecord): Promise<boolean> {
    const { deletedCount } = await storeCall(() => this.#schedules.deleteOne({ _id: { $eq: id }, version: { $eq: version } }));
    if (deletedCount === 1) await this.#ledger.removeOf(id);
    return deletedCount === 1;
  }

  async due(now: Date, limit: number): Promise<readonly ScheduleRecord[]> {
    const found = this.#schedules.find({ dueAt: { $lte: now } }, { sort: { dueAt: 1 }, limit });
    return (await storeCall(() => found.toArray())).map(recordOf);
  }

  async nextDueAt(): Promise<Date | undefined> {
    const options = { sort: { dueAt: 1 }, projection: { dueAt: 1 } } as const;
    return (await storeCall(() => this.#schedules.findOne({ dueAt: { $exists: true } }, options)))?.dueAt;
  }

  openTicks(entries: readonly TickEntry[]): Promise<void> {
    return this.#ledger.open(entries);
  }

  endTicks(ends: readonly TickEnd[]): Promise<void> {
    return this.#ledger.end(ends);
  }

  readTicks(ids: readonly string[]): Promise<readonly Tick[]> {
    return this.#ledger.read(ids);
  }

  listTicks(filter: { readonly scheduleId: string; readonly state?: TickState }, limit: number, after?: string): Promise<TickPage> {
    return this.#ledger.list(filter, limit, after);
  }

  watch(changed: () => void): { close(): Promise<void> } {
    return this.#wakes.listen('schedules', changed, this.#logger);
  }
}

function documentOf(record: ScheduleRecord): ScheduleDocument {
  const { id, spec, ...more } = record;
  const { job, ...rest } = spec;
  const dueAt = dueAtOf(record);
  return { _id: id, ...more, spec: rest, job: JSON.stringify(job), ...(dueAt && { dueAt }) };
}

function recordOf({ _id, spec, job, dueAt: _, ...more }: ScheduleDocument): ScheduleRecord {
  return { id: _id, ...more, spec: { ...spec, job: JSON.parse(job) as JobTemplate } };
}
