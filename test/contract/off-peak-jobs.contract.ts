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

    it('scheduled ones: come in pages, the earliest release first, with what decides it', async () => {
      const at = (minute: number) => new Date(Date.UTC(2028, 0, 1, 22, minute));
      const scheduled = (minute: number, more: Partial<JobRecord> = {}) =>
        storedRecord({
          state: 'SCHEDULED',
          type: 'walked',
          gen: 3,
          offPeak: { window: 'night', startBy: at(0) },
          pub: { due: at(minute), by: 't' },
          ...more,
        });
      const jobs = [scheduled(2), scheduled(1, { deadlineAt: at(59) }), scheduled(3), scheduled(1)];
      await world.put([...jobs, storedRecord({ state: 'QUEUED', type: 'walked', offPeak: {}, pub: { due: at(1), by: 't' } })]);
      const pages = [];
      for await (const page of world.offPeakJobs.scheduled(3)) pages.push(page);
      expect(pages.every(({ length }) => length > 0 && length <= 3)).to.equal(true);
      const walked = pages.flat().filter(({ type }) => type === 'walked');
      expect(walked.map(({ due }) => due)).to.deep.equal([at(1), at(1), at(2), at(3)]);
      const { id, type, gen, offPeak, deadlineAt } = jobs[1]!;
      expect(walked.find((job) => job.id === id)).to.deep.equal({ id, type, gen, offPeak, deadlineAt, by: 't', due: at(1) });
      expect(walked.map((job) => job.id)).to.have.members(jobs.map((job) => job.id));
    });
  });
}
