import { expect } from 'chai';
import type { Row } from '../../../../services/p2-worker/handlers/report/input/table-rows.ts';
import { columnStats, insteadOfChart } from '../../../../services/p2-worker/handlers/report/wording/column-stats.ts';
import { findings } from '../../../../services/p2-worker/handlers/report/wording/findings.ts';
import { momentOf } from '../../../../services/p2-worker/handlers/report/wording/moment.ts';
import {
  bytesText,
  countOf,
  groupDigits,
  percentText,
  statText,
} from '../../../../services/p2-worker/handlers/report/wording/number-text.ts';
import { optionSentences } from '../../../../services/p2-worker/handlers/report/wording/options-text.ts';
import { listed, shortened } from '../../../../services/p2-worker/handlers/report/wording/quote.ts';
import { rowSentence } from '../../../../services/p2-worker/handlers/report/wording/row-sentence.ts';
import { formatOf, labelText, tableFormats, valueText } from '../../../../services/p2-worker/handlers/report/wording/value-format.ts';
import type { Cell, ColumnType, ReportFormat, ReportProfile } from '../../../../shared/domain/report-profile.ts';
import { type Dataset, makeProfile, profileColumn } from './support/make-profile.ts';

const column = (name: string, type: ColumnType, cells: readonly Cell[]) => profileColumn(name, type, 0, cells);

describe('Numbers in a report', () => {
  it('have thousands separators, whatever their length', () => {
    expect(groupDigits('1234567')).to.equal('1,234,567');
    expect(groupDigits('-123456789012345678901')).to.equal('-123,456,789,012,345,678,901');
    expect(groupDigits('1234.56789')).to.equal('1,234.56789');
    expect(groupDigits('1e5')).to.equal('1e5');
    expect([countOf(1, 'row'), countOf(1_000, 'row')]).to.deep.equal(['1 row', '1,000 rows']);
  });

  it('that are measured, have five significant digits and lose none before the point', () => {
    const shown = [0, -0, 1.23456789, 123.456, 98_765.4321, 1_234_567.89, 0.000123456, 1.5e-7, 3e20, -2.5, 0.1 + 0.2].map((value) =>
      statText(value),
    );
    expect(shown).to.deep.equal(['0', '0', '1.2346', '123.46', '98,765', '1,234,568', '0.00012346', '1.5e-7', '3e20', '-2.5', '0.3']);
  });

  it('that are shares, are never 0% for something nor 100% for less than all', () => {
    expect([
      percentText(0, 9),
      percentText(1, 1e6),
      percentText(1, 3),
      percentText(999_999, 1e6),
      percentText(9, 9),
      percentText(0, 0),
    ]).to.deep.equal(['0%', '<0.1%', '33.3%', '>99.9%', '100%', '–']);
  });

  it('that are sizes, are in powers of 1,000', () => {
    expect([0, 999, 48_219, 1_500_000, 2.5e9].map(bytesText)).to.deep.equal(['0 bytes', '999 bytes', '48.2 kB', '1.5 MB', '2.5 GB']);
  });
});

describe('Values in a report', () => {
  it('that are years or ids, have no separators; quantities have', () => {
    const shown = (name: string, values: readonly number[]) => valueText(values.at(-1)!, formatOf(column(name, 'integer', values)));
    expect(shown('Year', [1990, 2024])).to.equal('2024');
    expect(shown('height', [7, 9_999])).to.equal('9999');
    expect(shown('population', [7, 10_000])).to.equal('10,000');
    expect(shown('customer_id', [7, 123_456])).to.equal('123456');
    expect(shown('orderId', [7, 123_456])).to.equal('123456');
    expect(shown('n', [10_000, 10_001, 10_002])).to.equal('10002');
    expect(shown('hidden', [7, 123_456])).to.equal('123,456');
  });

  it('of a decimal column, line up where that hides nothing', () => {
    const dataset: Dataset = { title: 'T', columns: [{ name: 'd', type: 'decimal' }], rows: [] };
    const shown = (rows: readonly Row[]) => {
      const [format] = tableFormats(makeProfile({ ...dataset, rows }), rows);
      return rows.map(([cell]) => valueText(cell ?? null, format!));
    };
    expect(shown([[1.5], [10], [2.25]])).to.deep.equal(['1.50', '10.00', '2.25']);
    expect(shown([[1 / 3], [200 / 3]])).to.deep.equal(['0.333', '66.667']);
    expect(shown([[1e-9], [0.5]])).to.deep.equal(['1e-9', '0.5']);
    expect(shown([[12_345.678], [null]])).to.deep.equal(['12,346', '–']);
  });

  it('that count, have separators however small; a least year has none', () => {
    const columns = ['kind', 'n', 'first'].map((name, index) => ({ name, type: index === 0 ? ('text' as const) : ('integer' as const) }));
    const rows: readonly Row[] = [['a', 4_619, 1_998]];
    const profile = makeProfile({ title: 'T', columns, rows });
    const metrics = [{ fn: 'count' as const }, { fn: 'min' as const, column: 'year' }];
    const options = { ...profile.options, group_by: ['kind'], metrics };
    const formats = tableFormats({ ...profile, options, table: { ...profile.table, kind: 'groups' } }, rows);
    expect(rows[0]!.map((cell, index) => valueText(cell, formats[index]!))).to.deep.equal(['a', '4,619', '1998']);
  });

  it('that are moments, are read and shown as they stand, without a zone as UTC', () => {
    const shown = (value: string, type: ColumnType) => valueText(value, { type, isGrouped: false });
    expect(shown('2024-01-31T12:00:00', 'timestamp')).to.equal('2024-01-31 12:00:00');
    expect(shown('2024-01-31T12:00:00.250Z', 'timestamp')).to.equal('2024-01-31 12:00:00.250 UTC');
    expect(shown('2024-01-31T12:00:00.000+02:00', 'timestamp')).to.equal('2024-01-31 12:00:00+02:00');
    expect(momentOf('2024-01-31T12:00:00')).to.equal(Date.UTC(2024, 0, 31, 12));
    expect(momentOf('2024-01-31')).to.equal(Date.UTC(2024, 0, 31));
    expect(momentOf('31.1.2024')).to.equal(undefined);
  });

  it('that look like nothing, are named', () => {
    const text = { type: 'text', isGrouped: false } as const;
    expect([labelText('', text), labelText('  ', text), labelText(' ', text), labelText('x', text)]).to.deep.equal([
      '(empty text)',
      '(2 blank characters)',
      '(1 blank character)',
      'x',
    ]);
  });

  it('that are long, are cut between characters', () => {
    expect(shortened('abcdef', 4)).to.equal('abc…');
    expect(shortened('😀😀😀😀', 3)).to.equal('😀😀…');
    expect(shortened('abcd', 4)).to.equal('abcd');
    expect(listed(['a', 'b', 'c', 'd', 'e'])).to.equal('a, b, c and 2 more');
  });
});

describe('The sentence on the rows shown', () => {
  const sentence = (table: Partial<ReportProfile['table']>, rows: number, formats: readonly ReportFormat[], columns = 2) => {
    const dataset: Dataset = {
      title: 'T',
      columns: [
        { name: 'a', type: 'text' },
        { name: 'b', type: 'text' },
      ],
      rows: [],
      table,
      options: { formats },
    };
    return rowSentence(makeProfile(dataset), { rows, columns });
  };
  const ALL: readonly ReportFormat[] = ['pdf', 'xlsx', 'html', 'csv'];

  it('of all rows, says so', () => {
    expect(sentence({ totalRows: 12, storedRows: 12 }, 12, ALL)).to.equal('All 12 rows are shown.');
    expect(sentence({ totalRows: 1, storedRows: 1 }, 1, ALL)).to.equal('The only row is shown.');
    expect(sentence({ totalRows: 0, storedRows: 0 }, 0, ALL)).to.equal('There are no rows.');
    expect(sentence({ totalRows: 3, storedRows: 3, kind: 'groups' }, 3, ALL)).to.equal('All 3 groups are shown.');
  });

  it('of some of the stored rows, names the files that have the rest', () => {
    expect(sentence({ totalRows: 3_201, storedRows: 3_201 }, 100, ALL)).to.equal(
      'Showing the first 100 of 3,201 rows; the XLSX and CSV files have all 3,201.',
    );
    expect(sentence({ totalRows: 3_201, storedRows: 3_201 }, 100, ['pdf', 'csv'])).to.equal(
      'Showing the first 100 of 3,201 rows; the CSV file has all 3,201.',
    );
    expect(sentence({ totalRows: 3_201, storedRows: 3_201 }, 100, ['pdf'])).to.equal(
      'Showing the first 100 of 3,201 rows; the formats XLSX and CSV, which were not asked for, would have more.',
    );
  });

  it('of a limited table, does not promise what no file has', () => {
    expect(sentence({ totalRows: 74_000, storedRows: 1_000 }, 100, ALL)).to.equal(
      'Showing the first 100 of 74,000 rows; the XLSX and CSV files have the first 1,000 (the report was limited to 1,000).',
    );
    expect(sentence({ totalRows: 74_000, storedRows: 1_000 }, 1_000, ALL)).to.equal(
      'Showing the first 1,000 of 74,000 rows (the report was limited to 1,000).',
    );
  });

  it('of some columns, says how many', () => {
    expect(sentence({ totalRows: 3, storedRows: 3 }, 3, ALL, 1)).to.equal('All 3 rows are shown. Of 2 columns, the first 1 are shown.');
  });
});

describe('Findings of a report', () => {
  const found = (dataset: Omit<Dataset, 'title'>) =>
    findings({ profile: makeProfile({ title: 'T', ...dataset }), tablePath: '', formats: [], preview: [] });

  it('name the column with the most missing values, empty and constant columns and keys', () => {
    const rows = [
      ['a', 1, null, 'x'],
      ['b', null, null, 'x'],
      ['c', null, null, 'x'],
      ['d', 2, null, 'x'],
    ];
    const columns = [
      ['key', 'text'],
      ['value', 'integer'],
      ['nothing', 'text'],
      ['same', 'text'],
    ] as const;
    expect(found({ columns: columns.map(([name, type]) => ({ name, type })), rows })).to.deep.equal([
      '“nothing” holds no values at all.',
      '“same” has one and the same value throughout.',
      '“key” has a different value in every row.',
    ]);
    const some = found({ columns: [{ name: 'value', type: 'integer' }], rows: [[1], [null], [1], [2]] });
    expect(some[0]).to.equal('Only “value” has missing values: 1 of 4 rows, 25%.');
  });

  it('call a column skewed only where mean and median are apart', () => {
    const skewed = Array.from({ length: 20 }, (_, index) => [index === 19 ? 1_000 : index]);
    expect(found({ columns: [{ name: 'income', type: 'integer' }], rows: skewed })).to.include(
      '“income” is skewed most to the right: its mean is above its median (58.55 against 9.5).',
    );
    const even = Array.from({ length: 20 }, (_, index) => [index]);
    expect(found({ columns: [{ name: 'n', type: 'decimal' }], rows: even }).join()).to.not.include('skewed');
  });

  it('of a filter that keeps nothing, say so', () => {
    expect(found({ columns: [{ name: 'a', type: 'text' }], rows: [], totalRows: 10 })).to.deep.equal([
      'The filter keeps none of the 10 rows.',
    ]);
  });
});

describe('A column in a report', () => {
  it('without values, has no figures but their absence', () => {
    const empty = column('e', 'decimal', [null, null]);
    expect(columnStats(empty)).to.deep.equal([
      { label: 'Missing', value: '2 (100%)' },
      { label: 'Distinct', value: '0' },
    ]);
    expect(insteadOfChart(empty)).to.equal('No values.');
  });

  it('with one value, or with all different texts, has a sentence instead of a chart', () => {
    expect(insteadOfChart(column('c', 'integer', [5, 5]))).to.equal('Every value is 5.');
    expect(insteadOfChart(column('t', 'text', ['a', 'b']))).to.equal('Every value is different, for example a, b.');
    expect(insteadOfChart(column('t', 'text', ['a', 'a', 'b']))).to.equal(undefined);
  });
});

describe('What was asked for', () => {
  it('is told with filter, groups, metrics and order', () => {
    const profile = makeProfile({
      title: 'T',
      columns: [],
      rows: [],
      options: {
        filter: [
          { column: 'a', op: 'in', value: ['x', 2] },
          { column: 'b', op: 'is_null' },
        ],
        group_by: ['c'],
        metrics: [{ fn: 'count' }, { fn: 'count_distinct', column: 'd' }],
        sort: [{ column: 'c', order: 'asc' }],
      },
    });
    expect(optionSentences(profile)).to.deep.equal([
      'Only rows where “a” is one of “x” and 2 and “b” is missing.',
      'Grouped by “c”.',
      'Computed: count of rows and count distinct of “d”.',
      'Sorted by “c” (ascending).',
    ]);
  });
});
