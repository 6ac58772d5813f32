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

/** Jobs looked at for one page: less than 0.1 s of the server's time. */
const LOOKED_AT = 10_000;
/** A search that most jobs meet finds its page among so few; the server reads thousands ahead where it may. */
const LOOKED_AT_FIRST = 500;
/** For all questions of a page, below what a request may wait for the store: a slow search must not pass for a store that is away. */
const MAX_TIME_MS = 2_000;
const MAX_TIME_EXPIRED = 50;

interface Asked {
  readonly plan: SearchPlan;
  /** Monotonic. */
  readonly untilMs: number;
}

/** Searches collection `jobs`, each form of a search by an index, a bounded number of jobs a page. */
export class MongoJobSearch implements JobSearcher {
  readonly #jobs: Collection<JobDocument>;
  readonly #lookedAt: number;

  /** @param lookedAt jobs looked at for one page. */
  constructor({ db }: { readonly db: Db }, { lookedAt = LOOKED_AT }: { readonly lookedAt?: number } = {}) {
    this.#jobs = collectionsOf(db).jobs;
    this.#lookedAt = lookedAt;
  }

  async search(search: JobSearch, limit: number, after?: string): Promise<JobPage> {
    const asked: Asked = { plan: searchPlan(search), untilMs: performance.now() + MAX_TIME_MS };
    let place = after === undefined ? undefined : decodeCursor(after);
    const found: JobDocument[] = [];
    for (const lookedAt of [Math.min(LOOKED_AT_FIRST, this.#lookedAt), this.#lookedAt]) {
      const range = [...rangeOf(search), ...(place ? olderThan(place) : [])];
      const part = await this.#look(asked, range, lookedAt, limit + 1 - found.length);
      found.push(...part.found);
      if (found.length > limit) {
        const jobs = found.slice(0, limit).map(recordOf);
        return { jobs, next: encodeCursor(jobs.at(-1)!) };
      }
      place = part.end;
      if (!place) break;
    }
    return { jobs: found.map(recordOf), ...(place && { next: encodeCursor(place) }) };
  }

  /** Looks at the next jobs. @returns those that are wanted, at most `most`; and with fewer the last that was looked at, where there may be more. */
  async #look(asked: Asked, range: readonly Document[], lookedAt: number, most: number) {
    const { plan } = asked;
    const window: Document[] = [{ $match: { $and: [plan.keys, ...range] } }, { $sort: NEWEST_FIRST }, { $limit: lookedAt }];
    const found = await this.#read<JobDocument>(asked, [...window, { $match: plan.rest }, { $limit: most }, { $unset: 'payload' }]);
    if (found.length === most) return { found };
    const last = [{ $skip: lookedAt - 1 }, { $project: { createdAt: 1 } }];
    const [end] = await this.#read<Pick<JobDocument, '_id' | 'createdAt'>>(asked, [...window, ...last]);
    return { found, ...(end && { end: { createdAt: end.createdAt, id: end._id } satisfies JobCursor }) };
  }

  async #read<T extends Document>({ plan: { hint }, untilMs }: Asked, stages: Document[]): Promise<T[]> {
    const maxTimeMS = Math.max(Math.ceil(untilMs - performance.now()), 1);
    try {
      return await this.#jobs.aggregate<T>(stages, { hint, maxTimeMS }).toArray();
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
