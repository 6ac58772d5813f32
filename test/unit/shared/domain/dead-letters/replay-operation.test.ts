import { expect } from 'chai';
import { leastSeconds, type ReplayTerms, rampCounts, stopReason } from '../../../../../shared/domain/dead-letters/replay-operation.ts';

const TERMS: ReplayTerms = {
  fromBeginning: false,
  ratePerSecond: 500,
  rampPercent: [1, 5, 20, 100],
  maxFailureRate: 0.1,
  stepTimeoutMs: 1,
};
const counts = (completed: number, failed: number) => ({ pending: 0, replayed: 0, skipped: 0, undone: 0, deleted: 0, completed, failed });

describe('the steps of a replay', () => {
  it('rise to all jobs, at least one each, none twice', () => {
    expect(rampCounts(100_000, [1, 5, 20, 100])).to.deep.equal([1_000, 5_000, 20_000, 100_000]);
    expect(rampCounts(10, [1, 5, 20, 100])).to.deep.equal([1, 2, 10]);
    expect(rampCounts(1, [1, 5, 20, 100])).to.deep.equal([1]);
    expect(rampCounts(0, [1, 100])).to.deep.equal([0]);
    expect(rampCounts(7, [100])).to.deep.equal([7]);
  });

  it('take as long as the rate says, at least', () => {
    expect([leastSeconds(100_000, TERMS), leastSeconds(1, TERMS), leastSeconds(0, TERMS)]).to.deep.equal([200, 1, 0]);
  });
});

describe('when a replay stops by itself', () => {
  it('at the limit and above, with a reason that names both', () => {
    expect(stopReason(counts(90, 10), TERMS, false)).to.equal('10 of the 100 jobs that have ended failed again: 10 %, 10 % is the limit.');
    expect(stopReason(counts(91, 9), TERMS, false)).to.equal(undefined);
  });

  it('few that have ended: not before the step is over', () => {
    expect(stopReason(counts(0, 5), TERMS, false)).to.equal(undefined);
    expect(stopReason(counts(0, 5), TERMS, true)).to.contain('5 of the 5');
    expect(stopReason(counts(17, 2), TERMS, false)).to.equal(undefined);
    expect(stopReason(counts(18, 2), TERMS, false)).to.contain('2 of the 20');
  });

  it('nothing failed, or nothing ended: never', () => {
    for (const isStepOver of [true, false]) {
      expect(stopReason(counts(1_000, 0), { ...TERMS, maxFailureRate: 0.001 }, isStepOver)).to.equal(undefined);
      expect(stopReason(counts(0, 0), TERMS, isStepOver)).to.equal(undefined);
    }
  });
});
