import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobChanges } from '../support/memory-job-changes.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { jobChangesContract } from './job-changes.contract.ts';

jobChangesContract('MemoryJobChanges', async () => {
  const store = new MemoryJobStore({ clock });
  return { store, changes: new MemoryJobChanges(store), dispose: async () => undefined };
});
