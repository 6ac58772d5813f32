import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryWorkerReports } from '../support/memory-worker-reports.ts';
import { workerReportsContract } from './worker-reports.contract.ts';

workerReportsContract('MemoryWorkerReports', async () => ({
  reports: new MemoryWorkerReports({ clock: systemClock }),
  dispose: async () => undefined,
}));
