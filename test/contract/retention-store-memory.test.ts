import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryRetentionStore } from '../support/memory-retention-store.ts';
import { retentionStoreContract } from './retention-store.contract.ts';

retentionStoreContract('memory', async () => ({
  retention: new MemoryRetentionStore({ clock: systemClock }),
  dispose: async () => undefined,
}));
