import type { Bell } from '../../shared/domain/job.ts';
import type { PostponedFilter, PostponedJobs } from '../../shared/ports/postponed-jobs.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** A PostponedJobs of a store in memory that passes the contract of the real one. */
export class MemoryPostponedJobs implements PostponedJobs {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async find(
    { tenant, type, places, exceptOffPeak, onlyOffPeak }: PostponedFilter,
    laterThanMs: number,
    limit: number,
  ): Promise<readonly Bell[]> {
    const afterMs = (await this.#store.serverTime()).getTime() + laterThanMs;
    const { jobs } = await this.#store.list({ state: 'QUEUED', ...(tenant !== undefined && { tenant }) }, Number.MAX_SAFE_INTEGER);
    return jobs
      .filter((job) => (job.pub?.due?.getTime() ?? 0) > afterMs)
      .filter((job) => !exceptOffPeak || !job.offPeak)
      .filter((job) => !onlyOffPeak || job.offPeak)
      .filter((job) => type === undefined || job.type === type)
      .filter((job) => !places || places.some((place) => place.type === job.type && place.stage === job.stage))
      .slice(0, limit)
      .map(({ id, gen }) => ({ id, gen }));
  }
}
