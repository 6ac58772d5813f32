import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryLimitPlaces } from '../support/memory-limit-places.ts';
import { limitPlacesContract } from './limit-places.contract.ts';

limitPlacesContract('MemoryLimitPlaces', async () => ({
  places: new MemoryLimitPlaces({ clock: systemClock }),
  dispose: async () => undefined,
}));
