import { expect } from 'chai';
import { median, percentile, spreadOf } from '../../bench/report/statistics.ts';

describe('statistics of the bench', () => {
  it('the median of an odd number of values is the middle one, whatever their order', () => {
    expect(median([30, 1, 200])).to.equal(30);
  });

  it('the median of an even number of values is the mean of the middle two', () => {
    expect(median([4, 1, 3, 100])).to.equal(3.5);
  });

  it('the median of nothing is no number', () => {
    expect(median([])).to.be.NaN;
  });

  it('a percentile is the least value that so many do not exceed', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0.5, 0.95, 0.99, 1].map((share) => percentile(values, share))).to.deep.equal([50, 95, 99, 100]);
  });

  it('a percentile sorts numbers as numbers', () => {
    expect(percentile([9, 10, 100], 0.5)).to.equal(10);
  });

  it('a percentile of one value is that value, of none no number', () => {
    expect(percentile([7], 0.99)).to.equal(7);
    expect(percentile([], 0.5)).to.be.NaN;
  });

  it('a spread has median, least and most', () => {
    expect(spreadOf([5, 1, 3])).to.deep.equal({ median: 3, least: 1, most: 5, count: 3 });
    expect(spreadOf([])).to.equal(undefined);
  });
});
