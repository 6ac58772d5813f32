import type { JobRecord } from '../../shared/domain/job.ts';
import type { JobSearch } from '../../shared/domain/search/job-search.ts';
import { decodeCursor, encodeCursor, type JobCursor } from '../../shared/mongo/job-cursor.ts';
import type { JobSearcher } from '../../shared/ports/job-searcher.ts';
import type { JobPage } from '../../shared/ports/job-store.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** A JobSearcher of a store in memory that passes the contract of the real one. */
export class MemoryJobSearch implements JobSearcher {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async search(search: JobSearch, limit: number, after?: string): Promise<JobPage> {
    const place = after === undefined ? undefined : decodeCursor(after);
    const found = this.#store
      .all()
      .filter((job) => isWanted(job, search) && (!place || newestFirst(place, job) < 0))
      .toSorted(newestFirst);
    const jobs = found.slice(0, limit);
    return { jobs, ...(found.length > limit && { next: encodeCursor(jobs.at(-1)!) }) };
  }
}

function newestFirst(a: JobCursor, b: JobCursor): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

function isWanted(job: JobRecord, { tenant, state, type, tags = [], errorCode, createdAfter, createdBefore }: JobSearch): boolean {
  const wantedState = state ?? (errorCode === undefined ? undefined : 'FAILED');
  return (
    job.tenant === tenant &&
    (wantedState === undefined || job.state === wantedState) &&
    (type === undefined || job.type === type) &&
    tags.every((tag) => job.tags?.includes(tag)) &&
    (errorCode === undefined || job.err?.code === errorCode) &&
    (!createdAfter || job.createdAt > createdAfter) &&
    (!createdBefore || job.createdAt < createdBefore)
  );
}
