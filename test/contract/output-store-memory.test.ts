import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryOutputStore } from '../support/memory-output-store.ts';
import { movableClock } from '../support/movable-clock.ts';
import { outputStoreContract } from './output-store.contract.ts';

outputStoreContract('MemoryOutputStore', async () => {
  const clock = movableClock();
  const jobs = new MemoryJobStore({ clock });
  const outputs = new MemoryOutputStore({ clock, jobs, uploadTtlHours: 1 });
  return {
    outputs,
    putJob: async (record) => jobs.put(record),
    fileCount: async () => outputs.refs().length,
    advance: (ms) => clock.advance(ms),
    dispose: async () => undefined,
  };
});
