import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryQueueFigures } from '../support/memory-queue-figures.ts';
import { queueFiguresContract } from './queue-figures.contract.ts';

queueFiguresContract('MemoryQueueFigures', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    figures: new MemoryQueueFigures(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
