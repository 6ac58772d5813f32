import type { Collection, Db, Document } from 'mongodb';
import type { MarkBand, QueueOrder } from '../domain/eta/queue-position.ts';
import type { JobRecord, Lane } from '../domain/job.ts';
import type { EndedJob, QueueFigures, QueueShape, QueueShapes } from '../ports/queue-figures.ts';
import { collectionsOf } from './collections.ts';
import { type JobDocument, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

/** A backlog at its bound is read from index keys in about a second; more means that the server has no time for this. */
const MAX_TIME_MS = 10_000;
/** Of a queue up to this long the jobs themselves are read, in their order. */
const SHORT_QUEUE = 200;
const BANDS = 100;
/** Before any mark: a bell that was not marked has none, which compares as less than every date. */
const NO_TIME = new Date(0);
const TOLD = { type: 1, lane: 1, state: 1, run: 1, createdAt: 1, runAt: 1, doneAt: 1, results: 1 } as const;

interface CountRow {
  readonly _id: { readonly stage: number; readonly lane: Lane };
  readonly count: number;
  readonly rung: number;
  readonly rungBefore: number;
}

interface BandRow {
  readonly _id: { readonly min: Date; readonly max: Date };
  readonly count: number;
}

type Place = Pick<QueueShape, 'stage' | 'lane'>;

const rungBy = (moment: Date) => ({ $sum: { $cond: [{ $and: [{ $gt: ['$pub.at', NO_TIME] }, { $lte: ['$pub.at', moment] }] }, 1, 0] } });
const queuedAt = ({ stage, lane }: Place): Document => ({ state: 'QUEUED', stage: { $eq: stage }, lane: { $eq: lane } });

/** Order and lengths of the queues from the keys of the index `queued`; the last ended jobs from that of their removal. */
export class MongoQueueFigures implements QueueFigures {
  readonly #db: Db;
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#db = db;
    this.#jobs = collectionsOf(db).jobs;
  }

  async queues(before: Date = NO_TIME): Promise<QueueShapes> {
    return storeCall(async () => {
      const now = await serverTime(this.#db);
      const group = { _id: { stage: '$stage', lane: '$lane' }, count: { $sum: 1 }, rung: rungBy(now), rungBefore: rungBy(before) };
      const rows = await this.#byKeys<CountRow>([{ $match: { state: 'QUEUED' } }, { $group: group }]);
      const shapes = rows.map(async ({ _id: place, ...counts }) => ({
        ...place,
        ...counts,
        order: await this.#order(place, counts.count),
      }));
      return { now, queues: await Promise.all(shapes) };
    });
  }

  async lastEnded(retainMs: number, limit: number): Promise<readonly EndedJob[]> {
    return storeCall(async () => {
      const newest = new Date((await serverTime(this.#db)).getTime() + retainMs);
      const options = { projection: TOLD, sort: { expireAt: -1 }, limit, hint: 'retention_ended', maxTimeMS: MAX_TIME_MS } as const;
      const found = await this.#jobs.find({ expireAt: { $lte: newest } }, options).toArray();
      return found.map(({ _id: id, ...told }) => ({ id, ...told }));
    });
  }

  async #order(place: Place, count: number): Promise<QueueOrder> {
    if (count <= SHORT_QUEUE) return { ids: await this.#ids(place) };
    const [bands, first, last] = await Promise.all([this.#bands(place), this.#unmarked(place, 1), this.#unmarked(place, -1)]);
    return { bands, ...(first && last && { unmarked: { first, last } }) };
  }

  async #ids(place: Place): Promise<readonly string[]> {
    const options = { hint: 'queued', projection: { createdAt: 1, 'pub.at': 1 }, limit: SHORT_QUEUE, maxTimeMS: MAX_TIME_MS } as const;
    const found = await this.#jobs.find(queuedAt(place), options).toArray();
    const markOf = ({ pub }: JobDocument) => pub?.at?.getTime() ?? Number.POSITIVE_INFINITY;
    const order = (a: JobDocument, b: JobDocument) =>
      compare(markOf(a), markOf(b)) || a.createdAt.getTime() - b.createdAt.getTime() || (a._id < b._id ? -1 : 1);
    return found.sort(order).map(({ _id }) => _id);
  }

  async #bands(place: Place): Promise<readonly MarkBand[]> {
    const marked = { ...queuedAt(place), 'pub.at': { $gt: NO_TIME } };
    const bands = { $bucketAuto: { groupBy: '$pub.at', buckets: BANDS } };
    const rows = await this.#byKeys<BandRow>([{ $match: marked }, { $project: { _id: 0, 'pub.at': 1 } }, bands]);
    return rows.map(({ _id: { min, max }, count }) => ({ from: min, to: max, count }));
  }

  /** Of those without a mark the index keeps the order of insertion. */
  async #unmarked(place: Place, direction: 1 | -1): Promise<JobRecord | undefined> {
    const options = { hint: 'queued', sort: { 'pub.at': direction }, projection: WITHOUT_PAYLOAD, maxTimeMS: MAX_TIME_MS } as const;
    const found = await this.#jobs.findOne({ ...queuedAt(place), 'pub.at': { $eq: null } }, options);
    return found ? recordOf(found) : undefined;
  }

  #byKeys<T extends Document>(stages: Document[]): Promise<T[]> {
    return this.#jobs.aggregate<T>(stages, { hint: 'queued', maxTimeMS: MAX_TIME_MS, allowDiskUse: true }).toArray();
  }
}

/** Infinity less infinity is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
