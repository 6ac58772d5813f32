import { expect } from 'chai';
import { columnOf, profileOf } from './report-job.ts';

const RELATIVE_ERROR = 1e-9;

function expectClose(actual: number | null | undefined, expected: number): void {
  expect(Math.abs(Number(actual) - expected), `${actual} for ${expected}`).to.be.at.most(Math.abs(expected) * RELATIVE_ERROR);
}

async function figuresOf(values: readonly (string | number | bigint)[]) {
  const { profile } = await profileOf({ content: `label,v\n${values.map((value) => `x,${value}`).join('\n')}\n` });
  return columnOf(profile, 'v');
}

/** Mean and sample standard deviation of integers, exact until the last step. */
function exactFigures(values: readonly bigint[]): { mean: number; stddev: number } {
  const n = BigInt(values.length);
  const sum = values.reduce((total, value) => total + value, 0n);
  const squares = values.reduce((total, value) => total + (n * value - sum) ** 2n, 0n);
  const scale = 10n ** 20n;
  const variance = Number((squares * scale) / (n * n * (n - 1n))) / 1e20;
  return { mean: Number((sum * scale) / n) / 1e20, stddev: Math.sqrt(variance) };
}

describe('report figures of numbers', function () {
  this.timeout(120_000);

  it('spread of small steps far from zero keeps nine digits', async () => {
    const values = Array.from({ length: 5_000 }, (_, index) => 10n ** 15n + BigInt(index % 7));
    const column = await figuresOf(values);
    const { mean, stddev } = exactFigures(values);
    expectClose(column.mean, mean);
    expectClose(column.stddev, stddev);
  });

  it('spread of integers beyond 2^53 keeps nine digits', async () => {
    const values = Array.from({ length: 1_000 }, (_, index) => 10n ** 18n + BigInt(index));
    const column = await figuresOf(values);
    expectClose(column.stddev, exactFigures(values).stddev);
    expect(column.min).to.equal('1000000000000000000');
  });

  it('spread of integers of 37 digits is finite', async () => {
    const column = await figuresOf([10n ** 37n, 3n * 10n ** 37n]);
    expectClose(column.mean, 2e37);
    expectClose(column.stddev, Math.SQRT2 * 1e37);
  });

  it('spread of decimals with a large offset equals that of the same decimals without it', async () => {
    const small = Array.from({ length: 2_000 }, (_, index) => (index % 16) / 16);
    const near = await figuresOf(small);
    const far = await figuresOf(small.map((value) => value + 2 ** 30));
    expectClose(far.stddev, near.stddev!);
    expectClose(far.mean, near.mean! + 2 ** 30);
  });

  it('mean of numbers that cancel keeps nine digits', async () => {
    const values = Array.from({ length: 3_000 }, (_, index) => (index % 3 === 0 ? 1e15 : index % 3 === 1 ? -1e15 : 0.5));
    expectClose((await figuresOf(values)).mean, 0.5 / 3);
  });

  it('one value has a mean and no spread', async () => {
    const column = await figuresOf([2.5]);
    expect(column).to.deep.include({ mean: 2.5, stddev: null, quartiles: { p25: 2.5, p50: 2.5, p75: 2.5 } });
    expect(column.histogram).to.deep.equal([{ lower: 2.5, upper: 2.5, count: 1 }]);
  });

  it('quartiles are interpolated as by Hyndman and Fan 7', async () => {
    expect((await figuresOf([1, 2, 3, 4])).quartiles).to.deep.equal({ p25: 1.75, p50: 2.5, p75: 3.25 });
    expect((await figuresOf([1, 2, 2, 2, 10])).quartiles).to.deep.equal({ p25: 2, p50: 2, p75: 2 });
  });

  it('top values come by count, then by value, ten at most', async () => {
    const values = [...Array.from({ length: 12 }, (_, index) => 20 - index), 15, 15, 11];
    const { top } = await figuresOf(values);
    expect(top.slice(0, 4)).to.deep.equal([
      { value: 15, count: 3 },
      { value: 11, count: 2 },
      { value: 9, count: 1 },
      { value: 10, count: 1 },
    ]);
    expect(top).to.have.length(10);
  });

  it('histogram of small integers has one bin each', async () => {
    const { histogram } = await figuresOf([1, 1, 2, 4]);
    expect(histogram).to.deep.equal([
      { lower: 1, upper: 2, count: 2 },
      { lower: 2, upper: 3, count: 1 },
      { lower: 3, upper: 4, count: 0 },
      { lower: 4, upper: 5, count: 1 },
    ]);
  });

  it('histogram of dates has bounds on the calendar', async () => {
    const days = Array.from({ length: 365 }, (_, index) => new Date(Date.UTC(2023, 0, 1 + index)).toISOString().slice(0, 10));
    const { profile } = await profileOf({ content: `d\n${days.join('\n')}\n` });
    const { histogram } = columnOf(profile, 'd');
    expect(histogram).to.have.length(12);
    expect(histogram?.[1]).to.deep.equal({ lower: '2023-02-01', upper: '2023-03-01', count: 28 });
  });

  it('histogram of timestamps with an offset has bounds in UTC', async () => {
    const { profile } = await profileOf({ content: 't\n2024-01-01T00:00:00Z\n2024-01-01T01:30:00Z\n2024-01-01T04:00:00+01:00\n' });
    const { histogram } = columnOf(profile, 't');
    expect(histogram?.[0]?.lower).to.equal('2024-01-01T00:00:00Z');
    expect(histogram?.reduce((sum, bin) => sum + bin.count, 0)).to.equal(3);
  });

  it('long texts are cut in the profile and whole in the table', async () => {
    const long = '😀'.repeat(300);
    const { profile, table } = await profileOf({ content: `t\n${long}\n` });
    const column = columnOf(profile, 't');
    expect(column.top[0]?.value).to.equal('😀'.repeat(200));
    expect(column.lengths).to.deep.equal({ min: 300, max: 300, mean: 300 });
    expect(table).to.deep.equal([[long]]);
  });
});
