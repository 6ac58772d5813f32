import type { Collection, Db, Document } from 'mongodb';
import type { MarkBand, QueueOrder } from '../domain/eta/queue-position.ts';
import type { JobRecord } from '../domain/job.ts';
import type { EndedJob, QueueFigures, QueueShape, QueueShapes } from '../ports/queue-figures.ts';
import { collectionsOf } from './collections.ts';
import { type JobDocument, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { FIGURES_MAX_MS, NO_TIME, queueLengths } from './queue-lengths.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

/** Of a queue up to this long the jobs themselves are read, in their order. */
const SHORT_QUEUE = 200;
const BANDS = 100;
const TOLD = { type: 1, lane: 1, state: 1, run: 1, createdAt: 1, runAt: 1, doneAt: 1, results: 1 } as const;

interface BandRow {
  readonly _id: { readonly min: Date; readonly max: Date };
  readonly count: number;
}

type Place = Pick<QueueShape, 'stage' | 'lane'>;

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
      const lengths = await queueLengths(this.#jobs, now, before);
      const shapes = lengths.map(async (length) => ({ ...length, order: await this.#order(length, length.count) }));
      return { now, queues: await Promise.all(shapes) };
    });
  }

  async lastEnded(retainMs: number, limit: number): Promise<readonly EndedJob[]> {
    return storeCall(async () => {
      const newest = new Date((await serverTime(this.#db)).getTime() + retainMs);
      const options = { projection: TOLD, sort: { expireAt: -1 }, limit, hint: 'retention_ended', maxTimeMS: FIGURES_MAX_MS } as const;
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
    const options = { hint: 'queued', projection: { createdAt: 1, 'pub.at': 1 }, limit: SHORT_QUEUE, maxTimeMS: FIGURES_MAX_MS } as const;
    const found = await this.#jobs.find(queuedAt(place), options).toArray();
    const markOf = ({ pub }: JobDocument) => pub?.at?.getTime() ?? Number.POSITIVE_INFINITY;
    const order = (a: JobDocument, b: JobDocument) =>
      compare(markOf(a), markOf(b)) || a.createdAt.getTime() - b.createdAt.getTime() || (a._id < b._id ? -1 : 1);
    return found.sort(order).map(({ _id }) => _id);
  }

  async #bands(place: Place): Promise<readonly MarkBand[]> {
    const marked = { ...queuedAt(place), 'pub.at': { $gt: NO_TIME } };
    const bands = { $bucketAuto: { groupBy: '$pub.at', buckets: BANDS } };
    const stages = [{ $match: marked }, { $project: { _id: 0, 'pub.at': 1 } }, bands];
    const options = { hint: 'queued', maxTimeMS: FIGURES_MAX_MS, allowDiskUse: true };
    const rows = await this.#jobs.aggregate<BandRow>(stages, options).toArray();
    return rows.map(({ _id: { min, max }, count }) => ({ from: min, to: max, count }));
  }

  /** Of those without a mark the index keeps the order of insertion. */
  async #unmarked(place: Place, direction: 1 | -1): Promise<JobRecord | undefined> {
    const options = { hint: 'queued', sort: { 'pub.at': direction }, projection: WITHOUT_PAYLOAD, maxTimeMS: FIGURES_MAX_MS } as const;
    const found = await this.#jobs.findOne({ ...queuedAt(place), 'pub.at': { $eq: null } }, options);
    return found ? recordOf(found) : undefined;
  }
}

/** Infinity less infinity is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
