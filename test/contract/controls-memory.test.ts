import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryControls } from '../support/memory-controls.ts';
import { controlsContract } from './controls.contract.ts';

controlsContract('MemoryControls', async () => ({
  controls: new MemoryControls({ clock: systemClock }),
  dispose: async () => undefined,
}));
