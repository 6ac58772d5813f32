import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryOverflowJobs } from '../support/memory-overflow-jobs.ts';
import { overflowJobsContract } from './overflow-jobs.contract.ts';

overflowJobsContract('MemoryOverflowJobs', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    overflow: new MemoryOverflowJobs(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
