import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryLetterGroups } from '../support/memory-letter-groups.ts';
import { letterGroupsContract } from './letter-groups.contract.ts';

letterGroupsContract('MemoryLetterGroups', async () => ({
  groups: new MemoryLetterGroups({ clock: systemClock }),
  dispose: async () => undefined,
}));
