import { expect } from 'chai';
import type { Cell } from '../../../../shared/domain/report-profile.ts';
import { profileOf } from './report-job.ts';

interface Case {
  readonly what: string;
  readonly cells: readonly string[];
  readonly type: string;
  readonly values: readonly Cell[];
  /** In the warnings. */
  readonly warning?: string;
  /** Default comma. */
  readonly delimiter?: string;
}

const CASES: readonly Case[] = [
  { what: 'integers', cells: ['1', '-2', ' 3 ', '0'], type: 'integer', values: [1, -2, 3, 0] },
  { what: 'integers beyond 2^53', cells: ['9007199254740993', '1'], type: 'integer', values: ['9007199254740993', 1] },
  {
    what: 'integers beyond 2^64',
    cells: ['170141183460469231731687303715884105727', '-12345678901234567890'],
    type: 'integer',
    values: ['170141183460469231731687303715884105727', '-12345678901234567890'],
  },
  {
    what: 'integers of 40 digits',
    cells: ['1234567890123456789012345678901234567890', '5'],
    type: 'text',
    values: ['1234567890123456789012345678901234567890', '5'],
    warning: 'more than 38 digits',
  },
  { what: 'decimals', cells: ['1.50', '-.5', '2.', '3'], type: 'decimal', values: [1.5, -0.5, 2, 3] },
  { what: 'decimals with exponents', cells: ['1e5', '2.5E-3', '+7'], type: 'decimal', values: [100_000, 0.0025, 7] },
  {
    what: 'decimals of more digits than a double',
    cells: ['12345678901234567.89', '0.01'],
    type: 'decimal',
    values: ['12345678901234567.89', 0.01],
  },
  {
    what: 'doubles in their shortest form',
    cells: ['0.30000000000000004', '-4.110594197376549'],
    type: 'decimal',
    values: [0.30000000000000004, -4.110594197376549],
  },
  { what: 'numbers beyond a double', cells: ['1e400', '1'], type: 'text', values: ['1e400', '1'], warning: 'beyond the range' },
  { what: 'codes with leading zeros', cells: ['00501', '90210'], type: 'text', values: ['00501', '90210'] },
  { what: 'telephone numbers', cells: ['+4912345', '+4923456'], type: 'text', values: ['+4912345', '+4923456'] },
  { what: 'mostly numbers', cells: ['1', '2', 'abc', '3'], type: 'text', values: ['1', '2', 'abc', '3'], warning: 'such as "abc"' },
  {
    what: 'numbers and marks for missing ones',
    cells: ['1', 'NA', 'n/a', 'NaN', '-', 'inf', '2'],
    type: 'integer',
    values: [1, null, null, null, null, null, 2],
    warning: '5 cells',
  },
  { what: 'texts among which NA is one', cells: ['DE', 'NA', 'None'], type: 'text', values: ['DE', 'NA', 'None'] },
  { what: 'marks for missing values only', cells: ['NA', '-'], type: 'text', values: ['NA', '-'] },
  { what: 'decimal commas', cells: ['1,5', '2,25', '1.234,5'], type: 'decimal', values: [1.5, 2.25, 1234.5], delimiter: ';' },
  {
    what: 'commas for thousands or decimals',
    cells: ['1,234', '5,678'],
    type: 'text',
    values: ['1,234', '5,678'],
    delimiter: ';',
    warning: 'thousands or decimals',
  },
  { what: 'booleans', cells: ['true', 'False', 'TRUE'], type: 'boolean', values: [true, false, true] },
  { what: 'yes and no', cells: ['yes', 'no'], type: 'text', values: ['yes', 'no'] },
  { what: 'ISO dates', cells: ['2024-02-29', '1999-12-31'], type: 'date', values: ['2024-02-29', '1999-12-31'] },
  { what: 'a date that is none', cells: ['2024-02-30', '1999-12-31'], type: 'text', values: ['2024-02-30', '1999-12-31'] },
  { what: 'dates with dots', cells: ['31.01.2024', '1.2.2024'], type: 'date', values: ['2024-01-31', '2024-02-01'] },
  { what: 'dates, month first for certain', cells: ['01/31/2024', '02/01/2024'], type: 'date', values: ['2024-01-31', '2024-02-01'] },
  { what: 'dates, day first for certain', cells: ['31/01/2024', '01/02/2024'], type: 'date', values: ['2024-01-31', '2024-02-01'] },
  {
    what: 'dates, day or month first',
    cells: ['01/02/2024', '03/04/2024'],
    type: 'text',
    values: ['01/02/2024', '03/04/2024'],
    warning: 'day and month',
  },
  { what: 'dates with month names', cells: ['Jan 1 2000', 'Feb 15 2001'], type: 'date', values: ['2000-01-01', '2001-02-15'] },
  {
    what: 'dates with full month names',
    cells: ['"January 1, 2000"', '"May 15, 2001"'],
    type: 'date',
    values: ['2000-01-01', '2001-05-15'],
  },
  {
    what: 'timestamps',
    cells: ['2024-01-31T10:00:00.5', '2024-01-31 23:59'],
    type: 'timestamp',
    values: ['2024-01-31T10:00:00.5', '2024-01-31T23:59:00'],
  },
  {
    what: 'timestamps with offsets',
    cells: ['2024-01-31T10:00:00Z', '2024-01-31T12:00:00+02:00'],
    type: 'timestamp',
    values: ['2024-01-31T10:00:00Z', '2024-01-31T10:00:00Z'],
  },
  {
    what: 'timestamps with and without offsets',
    cells: ['2024-01-31T10:00:00Z', '2024-01-31T12:00:00'],
    type: 'text',
    values: ['2024-01-31T10:00:00Z', '2024-01-31T12:00:00'],
    warning: 'with and without an offset',
  },
  {
    what: 'timestamps with am and pm',
    cells: ['1/31/2020 3:05 PM', '12/1/2019 12:00 AM'],
    type: 'timestamp',
    values: ['2020-01-31T15:05:00', '2019-12-01T00:00:00'],
  },
  { what: 'times', cells: ['10:00', '23:59:59.5'], type: 'time', values: ['10:00:00', '23:59:59.5'] },
  { what: 'durations beyond a day', cells: ['10:00', '25:00'], type: 'text', values: ['10:00', '25:00'] },
];

describe('report column types', function () {
  this.timeout(120_000);
  for (const { what, cells, type, values, warning, delimiter = ',' } of CASES) {
    it(`column, ${what}, is ${type}`, async () => {
      const rows = cells.map((cell, index) => `row ${index}${delimiter}${cell}`);
      const { profile, table } = await profileOf({ content: `key${delimiter}value\n${rows.join('\n')}\n` });
      expect(profile.columns[1]?.type).to.equal(type);
      expect(table.map((row) => row[1])).to.deep.equal(values);
      if (warning !== undefined) expect(profile.warnings.join()).to.contain(warning);
      else expect(profile.warnings).to.deep.equal([]);
    });
  }

  it('column, numbers with a text in the last of 20,000 rows, is text', async () => {
    const rows = Array.from({ length: 19_999 }, (_, index) => String(index));
    const { profile } = await profileOf({ content: `n\n${rows.join('\n')}\nlast\n` });
    expect(profile.columns[0]).to.include({ type: 'text', count: 20_000 });
    expect(profile.warnings.join()).to.contain('such as "last"');
  });

  it('column, integers with a decimal in the last of 20,000 rows, is decimal', async () => {
    const rows = Array.from({ length: 19_999 }, (_, index) => String(index));
    const { profile } = await profileOf({ content: `n\n${rows.join('\n')}\n0.5\n` });
    expect(profile.columns[0]).to.include({ type: 'decimal', min: 0, max: 19_998, distinct: 20_000 });
  });

  it('column, without any value, is text without values', async () => {
    const { profile } = await profileOf({ content: 'a,b\n1,\n2,\n' });
    expect(profile.columns[1]).to.deep.include({ type: 'text', count: 0, nulls: 2, distinct: 0, top: [], lengths: null });
  });
});
