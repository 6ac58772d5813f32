import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryDeliveryStore } from '../support/memory-delivery-store.ts';
import { deliveryStoreContract } from './delivery-store.contract.ts';

deliveryStoreContract('MemoryDeliveryStore', async () => ({
  deliveries: new MemoryDeliveryStore({ clock: systemClock }),
  dispose: async () => undefined,
}));
