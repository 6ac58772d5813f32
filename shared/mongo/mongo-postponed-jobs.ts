import type { Collection, Db, Filter } from 'mongodb';
import type { Bell } from '../domain/job.ts';
import type { PostponedFilter, PostponedJobs } from '../ports/postponed-jobs.ts';
import { collectionsOf } from './collections.ts';
import type { JobDocument } from './job-document.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

const QUERY_MAX_MS = 2_000;

/** Looks along the index of what is owed, from the moment asked for on. */
export class MongoPostponedJobs implements PostponedJobs {
  readonly #db: Db;
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#db = db;
    this.#jobs = collectionsOf(db).jobs;
  }

  async find(
    { tenant, type, places, exceptOffPeak, onlyOffPeak }: PostponedFilter,
    laterThanMs: number,
    limit: number,
  ): Promise<readonly Bell[]> {
    const now = await storeCall(() => serverTime(this.#db));
    const filter = {
      'pub.due': { $gt: new Date(now.getTime() + laterThanMs) },
      state: 'QUEUED',
      ...(tenant !== undefined && { tenant: { $eq: tenant } }),
      ...(type !== undefined && { type: { $eq: type } }),
      ...((exceptOffPeak || onlyOffPeak) && { offPeak: { $exists: onlyOffPeak === true } }),
      ...(places && { $or: places.map((place) => ({ type: { $eq: place.type }, stage: place.stage })) }),
    } as Filter<JobDocument>;
    const options = { projection: { gen: 1 }, limit, maxTimeMS: QUERY_MAX_MS, hint: 'bells_owed' } as const;
    const found = await storeCall(() => this.#jobs.find(filter, options).toArray());
    return found.map(({ _id, gen }) => ({ id: _id, gen }));
  }
}
