import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryLeaseStore } from '../support/memory-lease-store.ts';
import { leaseStoreContract } from './lease-store.contract.ts';

leaseStoreContract('MemoryLeaseStore', async () => ({
  leases: new MemoryLeaseStore({ clock: systemClock }),
  dispose: async () => undefined,
}));
