import type { OffPeakCount, OffPeakJobs } from '../../shared/ports/off-peak-jobs.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** Counts off-peak jobs of a store in memory. */
export class MemoryOffPeakJobs implements OffPeakJobs {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async counts(): Promise<readonly OffPeakCount[]> {
    const counts = new Map<string, OffPeakCount>();
    for (const { type, state, offPeak, pub } of this.#store.records) {
      if (!offPeak || (state !== 'SCHEDULED' && state !== 'QUEUED')) continue;
      const key = `${type}|${offPeak.window ?? ''}|${state}`;
      const before = counts.get(key);
      const last = [before?.lastDueAt, pub?.due].filter((at) => at !== undefined).sort((a, b) => b.getTime() - a.getTime())[0];
      const jobs = (before?.jobs ?? 0) + 1;
      counts.set(key, {
        type,
        state,
        jobs,
        ...(offPeak.window !== undefined && { window: offPeak.window }),
        ...(last && { lastDueAt: last }),
      });
    }
    return [...counts.values()];
  }
}
