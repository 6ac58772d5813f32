import { expect } from 'chai';
import { DrainRate } from '../../../../shared/domain/drain-rate.ts';

const EACH = 5_000;

/** A rate that has seen these pairs of waiting and gone, 5 s apart. */
function rateAfter(...samples: readonly (readonly [waited: number, gone: number])[]): DrainRate {
  const rate = new DrainRate();
  for (const [waited, gone] of samples) rate.note({ waited, gone, duringMs: EACH });
  return rate;
}

describe('DrainRate', () => {
  it('nothing seen yet: the time is unknown, and 0 where nobody waits', () => {
    expect(rateAfter().durationMs(10)).to.equal(undefined);
    expect(rateAfter([0, 0]).durationMs(10)).to.equal(undefined);
    expect(rateAfter().durationMs(0)).to.equal(0);
  });

  it('50 of 1,000 gone in 5 s: 950 take 95 s', () => {
    expect(rateAfter([1_000, 50]).durationMs(950)).to.equal(95_000);
  });

  it('nobody leaves: for ever', () => {
    expect(rateAfter([10, 0]).durationMs(10)).to.equal(Number.POSITIVE_INFINITY);
  });

  it('a queue that empties between two samples, then a burst: the first rate that is really seen counts at once', () => {
    expect(rateAfter([1, 1], [2, 2], [1, 1], [10_000, 500]).durationMs(9_500)).to.equal(95_000);
  });

  it('only a lower bound seen: the time is unknown, since it would be far too long after a burst', () => {
    expect(rateAfter([2, 2], [1, 1]).durationMs(100)).to.equal(undefined);
  });

  it('quiet times: do not lower a rate that was seen', () => {
    expect(rateAfter([1_000, 50], [1, 1], [0, 0], [1, 1]).durationMs(950)).to.equal(95_000);
  });

  it('workers that become twice as fast: show within a minute or so', () => {
    const samples = Array.from({ length: 24 }, () => [1_000, 100] as const);
    expect(rateAfter([1_000, 50], ...samples).durationMs(1_000)).to.be.within(50_000, 55_000);
  });

  it('workers that have stopped: the time grows from sample to sample', () => {
    const steady = Array.from({ length: 24 }, () => [1_000, 50] as const);
    const durationAfter = (samples: number) =>
      rateAfter(...steady, ...Array.from({ length: samples }, () => [1_000, 0] as const)).durationMs(1_000)!;
    expect([0, 1, 2, 3].map((samples) => Math.round(durationAfter(samples) / 1_000))).to.deep.equal([100, 110, 121, 133]);
    expect(durationAfter(12)).to.be.within(250_000, 300_000);
  });

  it('the first samples: count alike', () => {
    expect(rateAfter([1_000, 100], [1_000, 50]).durationMs(1_000)).to.be.within(66_000, 69_000);
  });

  it('more waiting than before, by marks that were renewed: counts as none gone', () => {
    expect(rateAfter([10, -3]).durationMs(10)).to.equal(Number.POSITIVE_INFINITY);
  });
});
