import type { OffPeakCount, OffPeakJobs, ScheduledOffPeakJob } from '../../shared/ports/off-peak-jobs.ts';
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
  async *scheduled(limit: number): AsyncGenerator<readonly ScheduledOffPeakJob[]> {
    const found = this.#store.records.flatMap(({ id, type, gen, state, offPeak, deadlineAt, pub }) => {
      if (!offPeak || state !== 'SCHEDULED' || !pub?.due || pub.by === undefined) return [];
      return [{ id, type, gen, offPeak, by: pub.by, due: pub.due, ...(deadlineAt && { deadlineAt }) }];
    });
    const inOrder = found.toSorted((a, b) => a.due.getTime() - b.due.getTime());
    for (let from = 0; from < inOrder.length; from += limit) yield inOrder.slice(from, from + limit);
  }
}
