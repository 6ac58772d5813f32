import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryVersionUses } from '../support/memory-version-uses.ts';
import { versionUsesContract } from './version-uses.contract.ts';

versionUsesContract('MemoryVersionUses', async () => {
  const store = new MemoryJobStore({ clock: systemClock });
  return {
    uses: new MemoryVersionUses(store),
    put: async (records) => {
      for (const record of records) store.put(record);
    },
    dispose: async () => undefined,
  };
});
