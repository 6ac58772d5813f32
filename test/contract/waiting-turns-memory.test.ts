import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryWaitingTurns } from '../support/memory-waiting-turns.ts';
import { waitingTurnsContract } from './waiting-turns.contract.ts';

waitingTurnsContract('MemoryWaitingTurns', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    waiting: new MemoryWaitingTurns(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
