import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryReplayOperations } from '../support/memory-replay-operations.ts';
import { replayOperationsContract } from './replay-operations.contract.ts';

replayOperationsContract('MemoryReplayOperations', async () => ({
  replays: new MemoryReplayOperations({ clock: systemClock }),
  dispose: async () => undefined,
}));
