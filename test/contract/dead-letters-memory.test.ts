import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryDeadLetters } from '../support/memory-dead-letters.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { deadLettersContract } from './dead-letters.contract.ts';

deadLettersContract('MemoryDeadLetters', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    letters: new MemoryDeadLetters(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
