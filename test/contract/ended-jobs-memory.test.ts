import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryEndedJobs } from '../support/memory-ended-jobs.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { endedJobsContract } from './ended-jobs.contract.ts';

endedJobsContract('memory', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    store,
    ended: new MemoryEndedJobs(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
