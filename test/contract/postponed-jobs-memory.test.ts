import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryPostponedJobs } from '../support/memory-postponed-jobs.ts';
import { postponedJobsContract } from './postponed-jobs.contract.ts';

postponedJobsContract('MemoryPostponedJobs', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    postponed: new MemoryPostponedJobs(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
