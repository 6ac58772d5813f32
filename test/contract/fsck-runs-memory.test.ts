import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryFsckRuns } from '../support/memory-fsck-runs.ts';
import { fsckRunsContract } from './fsck-runs.contract.ts';

fsckRunsContract('MemoryFsckRuns', async () => ({
  runs: new MemoryFsckRuns({ clock: systemClock }),
  dispose: async () => undefined,
}));
