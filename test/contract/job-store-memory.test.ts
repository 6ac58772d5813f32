import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { jobStoreContract } from './job-store.contract.ts';

jobStoreContract('MemoryJobStore', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    store,
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
