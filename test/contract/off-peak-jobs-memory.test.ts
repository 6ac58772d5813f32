import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryOffPeakJobs } from '../support/memory-off-peak-jobs.ts';
import { offPeakJobsContract } from './off-peak-jobs.contract.ts';

offPeakJobsContract('MemoryOffPeakJobs', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    offPeakJobs: new MemoryOffPeakJobs(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
