import type { Collection, Db, Document } from 'mongodb';
import type { JobRecord, Lane } from '../domain/job.ts';
import type { Figures, JobFigures, QueuedFigures } from '../ports/job-figures.ts';
import type { Backlog } from '../ports/job-store.ts';
import { collectionsOf } from './collections.ts';
import { type JobDocument, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

/** A backlog at its bound is counted from index keys in less than a second; more means that the server has no time for this. */
const MAX_TIME_MS = 10_000;
/** Before any mark: a bell that was not marked has none, which compares as less than every date. */
const NO_TIME = new Date(0);

interface QueuedRow {
  readonly _id: { readonly stage: number; readonly lane: Lane };
  readonly count: number;
  readonly rung: number;
  readonly rungBefore: number;
}

interface OtherRow {
  readonly _id: Pick<Backlog, 'state' | 'stage' | 'lane'>;
  readonly count: number;
}

/** Each part by one partial index of docs/protocol.md, the large ones from its keys alone. */
const OTHERS: readonly (readonly [match: Document, index: string])[] = [
  [{ state: 'RUNNING' }, 'leases'],
  [{ state: { $in: ['RETRY_WAIT', 'SCHEDULED'] }, 'pub.due': { $exists: true } }, 'bells_owed'],
  [{ state: 'FAILED' }, 'failed'],
];

const rungBy = (moment: Date) => ({ $sum: { $cond: [{ $and: [{ $gt: ['$pub.at', NO_TIME] }, { $lte: ['$pub.at', moment] }] }, 1, 0] } });

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
        this.#others(),
        this.#first('pub.due', 'bells_owed'),
        this.#first('evt.due', 'events_owed'),
      ]);
      return { now, queued, others, ...(firstBellDue && { firstBellDue }), ...(firstEventDue && { firstEventDue }) };
    });
  }

  async #queued(now: Date, before: Date): Promise<readonly QueuedFigures[]> {
    const group = { _id: { stage: '$stage', lane: '$lane' }, count: { $sum: 1 }, rung: rungBy(now), rungBefore: rungBy(before) };
    const rows = await this.#group<QueuedRow>({ state: 'QUEUED' }, 'queued', group);
    return Promise.all(
      rows.map(async ({ _id: { stage, lane }, ...counts }) => ({ stage, lane, ...counts, oldest: await this.#oldest(stage, lane) })),
    );
  }

  /** Of those without a mark the index keeps the order of insertion. */
  async #oldest(stage: number, lane: Lane): Promise<readonly JobRecord[]> {
    const options = { hint: 'queued', sort: { 'pub.at': 1 }, limit: 1, projection: WITHOUT_PAYLOAD, maxTimeMS: MAX_TIME_MS } as const;
    const marks = [{ $gt: NO_TIME }, { $eq: null }];
    const found = await Promise.all(
      marks.map((mark) =>
        this.#jobs.find({ state: 'QUEUED', stage: { $eq: stage }, lane: { $eq: lane }, 'pub.at': mark }, options).toArray(),
      ),
    );
    return found.flat().map(recordOf);
  }

  async #others(): Promise<readonly Backlog[]> {
    const group = { _id: { state: '$state', stage: '$stage', lane: '$lane' }, count: { $sum: 1 } };
    const parts = await Promise.all(OTHERS.map(([match, index]) => this.#group<OtherRow>(match, index, group)));
    return parts.flat().map(({ _id, count }) => ({ ..._id, count }));
  }

  #group<T extends Document>(match: Document, hint: string, group: Document): Promise<T[]> {
    return this.#jobs.aggregate<T>([{ $match: match }, { $group: group }], { hint, maxTimeMS: MAX_TIME_MS }).toArray();
  }

  async #first(path: 'pub.due' | 'evt.due', hint: string): Promise<Date | undefined> {
    const options = { hint, sort: { [path]: 1 }, projection: { [path]: 1 }, maxTimeMS: MAX_TIME_MS } as const;
    const found = await this.#jobs.findOne({ [path]: { $exists: true } }, options);
    return path === 'pub.due' ? found?.pub?.due : found?.evt?.due;
  }
}
