import type { JobRecord } from '../../shared/domain/job.ts';
import type { EndedJobs, EndedPlace } from '../../shared/ports/ended-jobs.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** Ended jobs of a store in memory, as the contract of the real ones has them. */
export class MemoryEndedJobs implements EndedJobs {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async prepare(): Promise<void> {}

  async after(place: EndedPlace | undefined, before: Date, limit: number): Promise<readonly JobRecord[]> {
    const ended = this.#store.all().filter(({ doneAt }) => doneAt !== undefined && doneAt < before);
    const order = (a: EndedPlace, b: EndedPlace) => a.doneAt.getTime() - b.doneAt.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
    const placed = ended.map((job) => ({ job, doneAt: job.doneAt!, id: job.id })).sort(order);
    const left = placed.filter((one) => !place || order(one, place) > 0);
    return left.slice(0, limit).map(({ job }) => job);
  }

  async removePayloads(ids: readonly string[]): Promise<void> {
    this.#store.removePayloads(ids);
  }
}
