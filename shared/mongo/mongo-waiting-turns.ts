import type { Collection, Db, Filter } from 'mongodb';
import type { JobRecord } from '../domain/job.ts';
import { RELAY_AGAIN_MS } from '../domain/transitions.ts';
import type { WaitingTurns } from '../ports/waiting-turns.ts';
import { collectionsOf } from './collections.ts';
import { type JobDocument, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

const INDEX = 'waiting_turns';
const QUERY_MAX_MS = 2_000;
/** What is owed sooner has been called already. */
const LATER_THAN_MS = RELAY_AGAIN_MS + 1_000;

/** Looks along an index that only jobs that wait for a place are in. */
export class MongoWaitingTurns implements WaitingTurns {
  readonly #db: Db;
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#db = db;
    this.#jobs = collectionsOf(db).jobs;
  }

  async next(name: string, except: readonly string[]): Promise<JobRecord | undefined> {
    const now = await storeCall(() => serverTime(this.#db));
    const filter = {
      'pub.for': { $eq: name },
      state: 'QUEUED',
      'pub.due': { $gt: new Date(now.getTime() + LATER_THAN_MS) },
      ...(except.length > 0 && { _id: { $nin: [...except] } }),
    } as Filter<JobDocument>;
    const options = { projection: WITHOUT_PAYLOAD, sort: { _id: 1 }, hint: INDEX, maxTimeMS: QUERY_MAX_MS } as const;
    const found = await storeCall(() => this.#jobs.findOne(filter, options));
    return found ? recordOf(found) : undefined;
  }

  async names(limit: number, after = ''): Promise<readonly string[]> {
    const names: string[] = [];
    const options = { projection: { 'pub.for': 1 }, sort: { 'pub.for': 1 }, hint: INDEX, maxTimeMS: QUERY_MAX_MS } as const;
    // From name to name: all jobs that wait for one are skipped by the index.
    for (let last = after; names.length < limit; ) {
      const beyond = { 'pub.for': { $gt: last } } as Filter<JobDocument>;
      const found = await storeCall(() => this.#jobs.findOne(beyond, options));
      if (found?.pub?.for === undefined) break;
      last = found.pub.for;
      names.push(last);
    }
    return names;
  }
}
