import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { OverflowJobs } from '../../shared/ports/overflow-jobs.ts';
import { storedRecord } from './store-records.ts';

export interface OverflowJobsWorld {
  readonly overflow: OverflowJobs;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

/** What every OverflowJobs must do. */
export function overflowJobsContract(name: string, makeWorld: () => Promise<OverflowJobsWorld>): void {
  describe(`${name}: overflow jobs contract`, function () {
    this.timeout(60_000);
    let world: OverflowJobsWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('jobs in overflow that are queued: are found by their tenant and the lane that they had asked for, and no others', async () => {
      const waiting = { tenant: 'acme', lane: 'overflow', askedLane: 'standard' } as const;
      await world.put([
        storedRecord({ ...waiting, tenant: 'other' }),
        storedRecord({ ...waiting, askedLane: 'bulk' }),
        storedRecord({ ...waiting, state: 'COMPLETED' }),
        storedRecord({ tenant: 'acme', lane: 'standard' }),
      ]);
      expect(await world.overflow.hasWaiting('acme', 'standard')).to.equal(false);
      await world.put([storedRecord(waiting)]);
      expect(await world.overflow.hasWaiting('acme', 'standard')).to.equal(true);
      expect(await world.overflow.hasWaiting('$acme', 'standard')).to.equal(false);
    });
  });
}
