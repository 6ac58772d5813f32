import { type Collection, type Db, type Document, MongoServerError } from 'mongodb';
import { SearchTooWideError } from '../domain/failures.ts';
import type { JobSearch } from '../domain/search/job-search.ts';
import type { JobSearcher } from '../ports/job-searcher.ts';
import type { JobPage } from '../ports/job-store.ts';
import { collectionsOf } from './collections.ts';
import { decodeCursor, encodeCursor, type JobCursor } from './job-cursor.ts';
import { type JobDocument, recordOf } from './job-document.ts';
import { NEWEST_FIRST, type SearchPlan, searchPlan } from './search-plan.ts';
import { storeCall } from './store-errors.ts';

/** Jobs looked at for one page: about 0.1 s of the server's time. */
const LOOKED_AT = 10_000;
/** Below what a request may wait for the store: a slow search must not pass for a store that is away. */
const MAX_TIME_MS = 2_000;
const MAX_TIME_EXPIRED = 50;

/** Searches collection `jobs`, each form of a search by an index, a bounded number of jobs a page. */
export class MongoJobSearch implements JobSearcher {
  readonly #jobs: Collection<JobDocument>;
  readonly #lookedAt: number;

  /** @param lookedAt jobs looked at for one page, more than a page holds. */
  constructor({ db }: { readonly db: Db }, { lookedAt = LOOKED_AT }: { readonly lookedAt?: number } = {}) {
    this.#jobs = collectionsOf(db).jobs;
    this.#lookedAt = lookedAt;
  }

  async search(search: JobSearch, limit: number, after?: string): Promise<JobPage> {
    const plan = searchPlan(search);
    const within = [...rangeOf(search), ...(after === undefined ? [] : olderThan(decodeCursor(after)))];
    const window: Document[] = [{ $match: { $and: [plan.keys, ...within] } }, { $sort: NEWEST_FIRST }, { $limit: this.#lookedAt }];
    const wanted = [{ $match: plan.rest }, { $limit: limit + 1 }, { $unset: 'payload' }];
    const found = await this.#read<JobDocument>(plan, [...window, ...wanted]);
    const jobs = found.slice(0, limit).map(recordOf);
    const last = jobs.at(-1);
    if (found.length > limit && last) return { jobs, next: encodeCursor(last) };
    const end = Object.keys(plan.rest).length === 0 ? undefined : await this.#endOf(plan, window);
    return { jobs, ...(end && { next: encodeCursor(end) }) };
  }

  /** The last of the jobs looked at, where there may be more behind it. */
  async #endOf(plan: SearchPlan, window: readonly Document[]): Promise<JobCursor | undefined> {
    const last = [{ $skip: this.#lookedAt - 1 }, { $project: { createdAt: 1 } }];
    const [end] = await this.#read<Pick<JobDocument, '_id' | 'createdAt'>>(plan, [...window, ...last]);
    return end && { createdAt: end.createdAt, id: end._id };
  }

  async #read<T extends Document>({ hint }: SearchPlan, stages: Document[]): Promise<T[]> {
    try {
      return await this.#jobs.aggregate<T>(stages, { hint, maxTimeMS: MAX_TIME_MS }).toArray();
    } catch (error) {
      if (error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED) throw new SearchTooWideError();
      return storeCall(() => Promise.reject(error));
    }
  }
}

function rangeOf({ createdAfter, createdBefore }: JobSearch): Document[] {
  return [
    ...(createdAfter ? [{ createdAt: { $gt: createdAfter } }] : []),
    ...(createdBefore ? [{ createdAt: { $lt: createdBefore } }] : []),
  ];
}

/** The first part alone makes bounds of an index: with the second alone each page would begin at the newest job. */
function olderThan({ createdAt, id }: JobCursor): Document[] {
  return [{ createdAt: { $lte: createdAt } }, { $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }] }];
}
