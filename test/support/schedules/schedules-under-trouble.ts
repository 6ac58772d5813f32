import { expect } from 'chai';
import { liveThrough, SchedulerChaos } from './scheduler-chaos.ts';

/** Schedules of five zones through so long a time of trouble. */
export function schedulesUnderTrouble(forMs: number): void {
  describe('schedules, with three schedulers killed in turn, clocks that jump by an hour and one that is paused', function () {
    this.timeout(forMs + 120_000);
    const chaos = new SchedulerChaos();
    before(() => chaos.start());
    after(() => chaos.stop());

    it('ledger and jobs: one for each instant of the oracle, none missing, none twice, over the changes of the clocks', async () => {
      const verdicts = await liveThrough(chaos, forMs);
      expect(verdicts).to.have.length(10);
      for (const { what, expected, found, jobIds, storedJobs } of verdicts) {
        expect(found, what).to.deep.equal(expected);
        expect(found.length, what).to.be.above(forMs / 2_000);
        expect(new Set(jobIds).size, what).to.equal(jobIds.length);
        expect(storedJobs, what).to.equal(found.length);
      }
    });
  });
}
