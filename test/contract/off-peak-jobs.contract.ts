import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { OffPeakJobs } from '../../shared/ports/off-peak-jobs.ts';
import { storedRecord } from './store-records.ts';

export interface OffPeakJobsWorld {
  readonly offPeakJobs: OffPeakJobs;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

/** What every OffPeakJobs must do. */
export function offPeakJobsContract(name: string, makeWorld: () => Promise<OffPeakJobsWorld>): void {
  describe(`${name}: off-peak jobs contract`, function () {
    this.timeout(60_000);
    let world: OffPeakJobsWorld;
    before(async () => {
      world = await makeWorld();
    });
    after(() => world.dispose(true));

    it('off-peak jobs, are counted by type, window and state with their last due moment; others are not', async () => {
      const [first, last] = [new Date('2027-01-01T22:00:00Z'), new Date('2027-01-01T23:00:00Z')];
      const scheduled = (due: Date, more: Partial<JobRecord>) => storedRecord({ state: 'SCHEDULED', pub: { due, by: 't' }, ...more });
      await world.put([
        scheduled(last, { type: 'a', offPeak: {} }),
        scheduled(first, { type: 'a', offPeak: {} }),
        scheduled(first, { type: 'a', offPeak: { window: 'night' } }),
        scheduled(first, { type: 'a' }),
        storedRecord({ type: 'b', state: 'QUEUED', offPeak: {}, pub: { at: first } }),
        storedRecord({ type: 'b', state: 'RETRY_WAIT', offPeak: {}, pub: { due: first, by: 't' } }),
      ]);
      const counts = await world.offPeakJobs.counts();
      expect(counts).to.have.deep.members([
        { type: 'a', state: 'SCHEDULED', jobs: 2, lastDueAt: last },
        { type: 'a', window: 'night', state: 'SCHEDULED', jobs: 1, lastDueAt: first },
        { type: 'b', state: 'QUEUED', jobs: 1 },
      ]);
    });
  });
}
