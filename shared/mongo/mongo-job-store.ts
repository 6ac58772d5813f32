import type { Filter } from 'mongodb';
import type { EventNote } from '../domain/event-note.ts';
import type { JobPayload, JobRecord } from '../domain/job.ts';
import type { Transition } from '../domain/transition.ts';
import type { QueueReport } from '../domain/watermark.ts';
import type { Clock } from '../ports/clock.ts';
import type { DueNote, NotedJob } from '../ports/event-notes.ts';
import type {
  Backlog,
  DueEvents,
  DueInstants,
  InsertOutcome,
  JobFilter,
  JobPage,
  JobStore,
  JobWithPayload,
  NewJob,
  QueueNote,
  ReadConcern,
  ScannedJob,
  SweepQuery,
} from '../ports/job-store.ts';
import { COLLECTIONS, type Collections, collectionsOf, DURABLE, LAZY } from './collections.ts';
import { conditionFilter } from './condition-filter.ts';
import type { Mongo } from './connect.ts';
import { findDueEvents } from './due-events.ts';
import { isDueSoon, makesDueSoon } from './due-soon.ts';
import { inOneAnswer } from './in-one-answer.ts';
import type { Within } from './in-time.ts';
import { countBacklog, countQueued } from './job-backlog.ts';
import { encodeCursor, olderThan } from './job-cursor.ts';
import { AS_WORKED, type JobDocument, payloadOf, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { insertJobs } from './job-inserts.ts';
import { findDoubledKeys, inspectJobs, scanJobs } from './job-scan.ts';
import { MongoEventNotes } from './mongo-event-notes.ts';
import { MongoWakes } from './mongo-wakes.ts';
import { findNextDue } from './next-due.ts';
import { readQueueReports, writeQueueReports } from './queue-reports.ts';
import { readWhole } from './read-whole.ts';
import { ServerClock } from './server-clock.ts';
import { storeCall } from './store-errors.ts';
import { sweepOf } from './sweep-filter.ts';
import { transitionUpdate } from './transition-update.ts';

/** One slow sweep must not hold up the next (docs/protocol.md, Settings). */
const SWEEP_MAX_MS = 2_000;
const LIST_MAX_MS = 5_000;
/** The planner has better indexes than this one in mind for some conditions; ids are always the better way in. */
const BY_ID = { _id: 1 } as const;

/** Jobs in collection `jobs` of MongoDB, in the protocol's write and read concerns. */
export class MongoJobStore implements JobStore {
  readonly #db: Mongo['db'];
  readonly #collections: Collections;
  readonly #clock: Clock;
  readonly #serverClock: ServerClock;
  readonly #wakes: MongoWakes;
  readonly #notes: MongoEventNotes;

  constructor({ db }: Pick<Mongo, 'db'>, { clock }: { readonly clock: Clock }) {
    this.#db = db;
    this.#collections = collectionsOf(db);
    this.#wakes = new MongoWakes({ db });
    this.#clock = clock;
    this.#serverClock = new ServerClock(db, clock);
    this.#notes = new MongoEventNotes(db, this.#serverClock, SWEEP_MAX_MS);
  }

  async insert(jobs: readonly NewJob[]): Promise<readonly InsertOutcome[]> {
    if (jobs.length === 0) return [];
    const now = await this.#serverClock.estimate();
    const outcomes = await insertJobs({ collections: this.#collections, clock: this.#clock }, jobs, now);
    if (jobs.some((job) => isDueSoon(job, now))) this.#wakes.tell('dues');
    return outcomes;
  }

  async apply(ids: readonly string[], transition: Transition): Promise<number> {
    if (ids.length === 0) return 0;
    const filter = conditionFilter(ids, transition.when);
    const update = transitionUpdate(transition, transition.known && (await this.#serverClock.estimate()));
    const options = { writeConcern: transition.durability === 'majority' ? DURABLE : LAZY, hint: BY_ID };
    const { jobs } = this.#collections;
    // One record: the driver may repeat it by itself after a fail-over, which it cannot for many.
    const write = (within: Within) =>
      ids.length === 1 ? jobs.updateOne(filter, update, options) : jobs.updateMany(filter, update, { ...options, ...within });
    const { matchedCount } = await storeCall(write);
    if (matchedCount > 0 && makesDueSoon(transition)) this.#wakes.tell('dues');
    return matchedCount;
  }

  async claim(ids: readonly string[], transition: Transition): Promise<readonly JobWithPayload[]> {
    if (ids.length === 1) return this.#claimOne(ids[0]!, transition);
    if ((await this.apply(ids, transition)) === 0) return [];
    const won = await this.readWithPayloads(ids);
    return won.filter(({ record }) => record.state === 'RUNNING' && record.claim === claimOf(transition));
  }

  async #claimOne(id: string, transition: Transition): Promise<readonly JobWithPayload[]> {
    const options = {
      writeConcern: transition.durability === 'majority' ? DURABLE : LAZY,
      returnDocument: 'after',
      hint: BY_ID,
    } as const;
    const { jobs } = this.#collections;
    const won = await storeCall(() => jobs.findOneAndUpdate(conditionFilter([id], transition.when), transitionUpdate(transition), options));
    return won ? [withPayload(won)] : [];
  }

  async read(ids: readonly string[], concern: ReadConcern): Promise<readonly JobRecord[]> {
    if (ids.length === 0) return [];
    const options = { projection: WITHOUT_PAYLOAD, readConcern: { level: concern }, ...inOneAnswer(ids.length) };
    const found = await storeCall((within) => this.#collections.jobs.find(byIds(ids), { ...options, ...within }).toArray());
    return found.map(recordOf);
  }

  async readByKey(tenant: string, idemKey: string): Promise<JobRecord | undefined> {
    const options = { projection: WITHOUT_PAYLOAD, readConcern: { level: 'majority' }, hint: 'idempotency' } as const;
    const filter = { tenant: { $eq: tenant }, idemKey: { $eq: idemKey, $type: 'string' as const } };
    const found = await storeCall(() => this.#collections.jobs.findOne(filter, options));
    return found ? recordOf(found) : undefined;
  }

  async readWithPayloads(ids: readonly string[]): Promise<readonly JobWithPayload[]> {
    if (ids.length === 0) return [];
    const wanted = { ids, projection: AS_WORKED };
    const found = await storeCall((within) => readWhole<JobDocument>(this.#db, COLLECTIONS.jobs, wanted, within));
    return found.map(withPayload);
  }

  async readPayloads(ids: readonly string[]): Promise<ReadonlyMap<string, JobPayload>> {
    if (ids.length === 0) return new Map();
    const { jobs, payloads } = this.#collections;
    const filter = { _id: { $in: ids as string[] } };
    const found = await storeCall((within) => jobs.find(filter, { projection: { payload: 1 }, ...within }).toArray());
    const texts = new Map(found.map(({ _id, payload }) => [_id, payload]));
    const apart = [...texts].flatMap(([id, text]) => (text === undefined ? [id] : []));
    if (apart.length > 0) {
      const long = await storeCall(() => payloads.find({ _id: { $in: apart } }, { projection: { payload: 1 } }).toArray());
      for (const { _id, payload } of long) texts.set(_id, payload);
    }
    return new Map([...texts].flatMap(([id, text]) => (text === undefined ? [] : [[id, payloadOf(text)] as const])));
  }

  async find(query: SweepQuery, limit: number): Promise<readonly JobRecord[]> {
    const { filter, sort } = sweepOf(query, await this.#serverClock.latest());
    const options = { projection: WITHOUT_PAYLOAD, sort, limit, maxTimeMS: SWEEP_MAX_MS };
    const found = await storeCall(() => this.#collections.jobs.find(filter, options).toArray());
    return found.map(recordOf);
  }

  async nextDue(kind: keyof DueInstants, after: Date): Promise<Date | undefined> {
    return findNextDue(this.#collections.jobs, kind, after);
  }

  async dueEvents(limit: number): Promise<DueEvents> {
    return findDueEvents(this.#collections.jobs, await this.#serverClock.latest(), limit, SWEEP_MAX_MS);
  }

  insertNote(note: EventNote): Promise<void> {
    return this.#notes.insertNote(note);
  }

  makeNoteDue(id: string): Promise<void> {
    return this.#notes.makeNoteDue(id);
  }

  dueNotes(limit: number): Promise<readonly DueNote[]> {
    return this.#notes.dueNotes(limit);
  }

  readNoted(ids: readonly string[]): Promise<readonly NotedJob[]> {
    return this.#notes.readNoted(ids);
  }

  postponeNote(note: DueNote): Promise<void> {
    return this.#notes.postponeNote(note);
  }

  removeNotes(ids: readonly string[]): Promise<void> {
    return this.#notes.removeNotes(ids);
  }

  isNoted(claim: string, jobId: string): Promise<boolean> {
    return this.#notes.isNoted(claim, jobId);
  }

  async list(filter: JobFilter, limit: number, after?: string): Promise<JobPage> {
    const wanted = Object.entries(filter).flatMap(([field, value]) => (value === undefined ? [] : [{ [field]: { $eq: value } }]));
    const all = [...wanted, ...(after === undefined ? [] : [olderThan(after)])];
    const options = { projection: WITHOUT_PAYLOAD, sort: { createdAt: -1, _id: -1 }, limit: limit + 1, maxTimeMS: LIST_MAX_MS } as const;
    const found = await storeCall(() => this.#collections.jobs.find(all.length > 0 ? { $and: all } : {}, options).toArray());
    const jobs = found.slice(0, limit).map(recordOf);
    const last = jobs.at(-1);
    return { jobs, ...(found.length > limit && last && { next: encodeCursor(last) }) };
  }

  async backlog(): Promise<readonly Backlog[]> {
    return storeCall(() => countBacklog(this.#collections.jobs));
  }

  async countQueued(): Promise<number> {
    return storeCall(() => countQueued(this.#collections.jobs));
  }

  async reportQueues(notes: readonly QueueNote[]): Promise<void> {
    await storeCall(() => writeQueueReports(this.#collections.queueReports, notes));
  }

  async readQueueReports(): Promise<readonly QueueReport[]> {
    return storeCall(() => readQueueReports(this.#collections.queueReports));
  }

  async scan(limit: number, after?: string): Promise<readonly ScannedJob[]> {
    return scanJobs(this.#collections, limit, after);
  }

  async inspect(ids: readonly string[]): Promise<readonly ScannedJob[]> {
    return inspectJobs(this.#collections, ids);
  }

  async doubledKeys(limit: number): Promise<readonly (readonly string[])[]> {
    return findDoubledKeys(this.#collections.jobs, limit);
  }

  async serverTime(): Promise<Date> {
    return this.#serverClock.ask();
  }

  async estimateTime(): Promise<Date> {
    return this.#serverClock.estimate();
  }
}

function byIds(ids: readonly string[]): Filter<JobDocument> {
  return { _id: ids.length === 1 ? { $eq: ids[0]! } : { $in: ids as string[] } };
}

function withPayload(document: JobDocument): JobWithPayload {
  const { payload } = document;
  const record = recordOf(document);
  return payload === undefined ? { record } : { record, payload: payloadOf(payload) };
}

/** The claim that a transition writes. */
function claimOf({ set }: Transition): unknown {
  const value = set?.['claim'];
  return typeof value === 'object' && value !== null && 'literal' in value ? value.literal : value;
}
