import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobRemover } from '../support/memory-job-remover.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { jobRemoverContract } from './job-remover.contract.ts';

jobRemoverContract('MemoryJobRemover', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    store,
    remover: new MemoryJobRemover(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
