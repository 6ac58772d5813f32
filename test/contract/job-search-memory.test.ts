import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobSearch } from '../support/memory-job-search.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { jobSearchContract } from './job-search.contract.ts';

jobSearchContract('MemoryJobSearch', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    searcher: new MemoryJobSearch(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
