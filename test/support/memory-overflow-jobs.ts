import type { AskedLane } from '../../shared/domain/job.ts';
import type { OverflowJobs } from '../../shared/ports/overflow-jobs.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** An OverflowJobs of a store in memory that passes the contract of the real one. */
export class MemoryOverflowJobs implements OverflowJobs {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async hasWaiting(tenant: string, lane: AskedLane): Promise<boolean> {
    const { jobs } = await this.#store.list({ tenant, state: 'QUEUED' }, Number.MAX_SAFE_INTEGER);
    return jobs.some((job) => job.lane === 'overflow' && job.askedLane === lane);
  }
}
