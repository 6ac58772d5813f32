import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryBatchRules, MemoryBatchRuns } from '../support/memory-batches.ts';
import { batchesContract } from './batches.contract.ts';

batchesContract('memory', async () => ({
  rules: new MemoryBatchRules(),
  runs: new MemoryBatchRuns({ clock: systemClock }),
  dispose: async () => undefined,
}));
