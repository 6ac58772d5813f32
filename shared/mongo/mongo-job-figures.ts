import type { Collection, Db } from 'mongodb';
import type { JobRecord, Lane } from '../domain/job.ts';
import type { Figures, JobFigures, QueuedFigures } from '../ports/job-figures.ts';
import { COLLECTIONS, collectionsOf } from './collections.ts';
import { countOthers } from './job-backlog.ts';
import { type JobDocument, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { FIGURES_MAX_MS, NO_TIME, queueLengths } from './queue-lengths.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

/** Figures from collection `jobs`, without reading the jobs: a handful of documents aside, only open ones that wait for a time or run. */
export class MongoJobFigures implements JobFigures {
  readonly #db: Db;
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#db = db;
    this.#jobs = collectionsOf(db).jobs;
  }

  async read(before: Date = NO_TIME): Promise<Figures> {
    return storeCall(async () => {
      const now = await serverTime(this.#db);
      const [queued, others, firstBellDue, firstEventDue] = await Promise.all([
        this.#queued(now, before),
        countOthers(this.#jobs, FIGURES_MAX_MS),
        this.#first('pub.due', 'bells_owed'),
        this.#firstEvent(),
      ]);
      return { now, queued, others, ...(firstBellDue && { firstBellDue }), ...(firstEventDue && { firstEventDue }) };
    });
  }

  async #queued(now: Date, before: Date): Promise<readonly QueuedFigures[]> {
    const lengths = await queueLengths(this.#jobs, now, before);
    return Promise.all(lengths.map(async (length) => ({ ...length, oldest: await this.#oldest(length.stage, length.lane) })));
  }

  /** Of those without a mark the index keeps the order of insertion. */
  async #oldest(stage: number, lane: Lane): Promise<readonly JobRecord[]> {
    const options = { hint: 'queued', sort: { 'pub.at': 1 }, limit: 1, projection: WITHOUT_PAYLOAD, maxTimeMS: FIGURES_MAX_MS } as const;
    const marks = [{ $gt: NO_TIME }, { $eq: null }];
    const found = await Promise.all(
      marks.map((mark) =>
        this.#jobs.find({ state: 'QUEUED', stage: { $eq: stage }, lane: { $eq: lane }, 'pub.at': mark }, options).toArray(),
      ),
    );
    return found.flat().map(recordOf);
  }

  /** By a record, or by a note. */
  async #firstEvent(): Promise<Date | undefined> {
    const options = { sort: { due: 1 }, projection: { due: 1 }, maxTimeMS: FIGURES_MAX_MS } as const;
    const notes = this.#db.collection<{ readonly due: Date }>(COLLECTIONS.eventNotes);
    const [ofRecord, note] = await Promise.all([this.#first('evt.due', 'events_owed'), notes.findOne({}, options)]);
    return ofRecord && note ? new Date(Math.min(ofRecord.getTime(), note.due.getTime())) : (ofRecord ?? note?.due);
  }

  async #first(path: 'pub.due' | 'evt.due', hint: string): Promise<Date | undefined> {
    const options = { hint, sort: { [path]: 1 }, projection: { [path]: 1 }, maxTimeMS: FIGURES_MAX_MS } as const;
    const found = await this.#jobs.findOne({ [path]: { $exists: true } }, options);
    return path === 'pub.due' ? found?.pub?.due : found?.evt?.due;
  }
}
