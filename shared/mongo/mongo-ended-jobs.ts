import type { Collection, Db, Filter } from 'mongodb';
import type { JobRecord } from '../domain/job.ts';
import type { EndedJobs, EndedPlace } from '../ports/ended-jobs.ts';
import { COLLECTIONS, type Collections, collectionsOf } from './collections.ts';
import { type JobDocument, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { storeCall } from './store-errors.ts';

const INDEX = 'ended';
const MAX_TIME_MS = 10_000;

/**
 * Ended jobs by an index of its own. Each end pays for that index, so it is made where there are rules of retention, and not by a
 * migration.
 */
export class MongoEndedJobs implements EndedJobs {
  readonly #jobs: Collection<JobDocument>;
  readonly #payloads: Collections['payloads'];

  constructor({ db }: { readonly db: Db }) {
    this.#jobs = db.collection(COLLECTIONS.jobs, { readConcern: { level: 'majority' } });
    this.#payloads = collectionsOf(db).payloads;
  }

  async prepare(): Promise<void> {
    const options = { name: INDEX, partialFilterExpression: { doneAt: { $exists: true } } };
    await storeCall(() => this.#jobs.createIndex({ doneAt: 1, _id: 1 }, options));
  }

  async after(place: EndedPlace | undefined, before: Date, limit: number): Promise<readonly JobRecord[]> {
    const parts: Filter<JobDocument>[] = [{ doneAt: { $exists: true, $lt: before } }, ...(place ? later(place) : [])];
    const options = { sort: { doneAt: 1, _id: 1 }, limit, projection: WITHOUT_PAYLOAD, hint: INDEX, maxTimeMS: MAX_TIME_MS } as const;
    return (await storeCall(() => this.#jobs.find({ $and: parts }, options).toArray())).map(recordOf);
  }

  async removePayloads(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await storeCall(() => this.#payloads.deleteMany({ _id: { $in: [...ids] } }));
  }
}

/** The first part alone makes bounds of the index. */
function later({ doneAt, id }: EndedPlace): readonly Filter<JobDocument>[] {
  return [{ doneAt: { $gte: doneAt } }, { $or: [{ doneAt: { $gt: doneAt } }, { _id: { $gt: id } }] }];
}
