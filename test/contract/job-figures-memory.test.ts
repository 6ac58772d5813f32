import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobFigures } from '../support/memory-job-figures.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { jobFiguresContract } from './job-figures.contract.ts';

jobFiguresContract('MemoryJobFigures', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    figures: new MemoryJobFigures(store),
    notes: store,
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
