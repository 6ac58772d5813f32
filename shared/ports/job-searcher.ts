import type { JobSearch } from '../domain/search/job-search.ts';
import type { JobPage } from './job-store.ts';

/** Finds jobs. */
export interface JobSearcher {
  /**
   * Pages through jobs, newest first. A page may hold fewer than `limit`, even none, and still have a `next`: one call looks at
   * a bounded number of jobs. @param after `next` of the page before, of the same search.
   * @throws InvalidCursorError; SearchTooWideError when it takes longer than 2 s; StoreUnavailableError.
   */
  search(search: JobSearch, limit: number, after?: string): Promise<JobPage>;
}
