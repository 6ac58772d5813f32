import { expect } from 'chai';
import fc from 'fast-check';
import { backoffMs } from '../../../../shared/domain/backoff.ts';

const policy = { maxAttempts: 25, baseDelayMs: 2_000, maxDelayMs: 300_000 };

describe('backoffMs', () => {
  it('the highest chance, doubles the wait with each attempt until the cap', () => {
    const waits = [1, 2, 3, 4, 8, 9, 25, 5_000].map((attempt) => backoffMs(policy, attempt, 1 - Number.EPSILON));
    expect(waits).to.deep.equal([1_999, 3_999, 7_999, 15_999, 255_999, 299_999, 299_999, 299_999]);
  });

  it('chance 0, waits not at all (full jitter)', () => {
    expect(backoffMs(policy, 7, 0)).to.equal(0);
  });

  it('any chance, is a whole number of ms that grows with the chance and stays below the ceiling', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const wait = backoffMs(policy, attempt, random);
        expect(Number.isInteger(wait)).to.equal(true);
        expect(wait).to.be.within(0, Math.min(policy.maxDelayMs, 2_000 * 2 ** Math.min(attempt - 1, 40)) - 1);
        expect(wait).to.be.at.most(backoffMs(policy, attempt, Math.min(random + 0.001, 0.9999)));
      }),
    );
  });
});
