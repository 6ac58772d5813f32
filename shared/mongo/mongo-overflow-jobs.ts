import type { Collection, Db } from 'mongodb';
import type { AskedLane } from '../domain/job.ts';
import type { OverflowJobs } from '../ports/overflow-jobs.ts';
import { collectionsOf } from './collections.ts';
import type { JobDocument } from './job-document.ts';
import { storeCall } from './store-errors.ts';

const QUERY_MAX_MS = 2_000;

/** Looks for one key of an index that only such jobs are in. */
export class MongoOverflowJobs implements OverflowJobs {
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#jobs = collectionsOf(db).jobs;
  }

  async hasWaiting(tenant: string, lane: AskedLane): Promise<boolean> {
    const filter = { lane: 'overflow', state: 'QUEUED', tenant: { $eq: tenant }, askedLane: { $eq: lane } } as const;
    const options = { projection: { _id: 1 }, hint: 'overflow_tenants', maxTimeMS: QUERY_MAX_MS } as const;
    return (await storeCall(() => this.#jobs.findOne(filter, options))) !== null;
  }
}
