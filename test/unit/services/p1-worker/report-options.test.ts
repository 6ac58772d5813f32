import { expect } from 'chai';
import type { Cell } from '../../../../shared/domain/report-profile.ts';
import { profileOf, rejectionOf } from './report-job.ts';

const SALES = `day,region,shop,amount,pieces,paid
2024-01-01,north,A,10.5,3,true
2024-01-02,north,B,20,5,false
2024-01-03,south,A,,2,true
2024-01-04,,A,7.25,1,false
2024-01-05,south,C,100,,true
2024-01-06,north,A,10.5,4,true
`;

const tableOf = async (options: unknown) => (await profileOf({ content: SALES, options })).table;
const firstOf = async (options: unknown) => (await tableOf(options)).map((row) => row[0]);

describe('report options', function () {
  this.timeout(120_000);

  const filters: readonly { readonly filter: unknown; readonly days: readonly number[] }[] = [
    { filter: { column: 'region', op: 'eq', value: 'north' }, days: [1, 2, 6] },
    { filter: { column: 'region', op: 'ne', value: 'north' }, days: [3, 4, 5] },
    { filter: { column: 'region', op: 'is_null' }, days: [4] },
    { filter: { column: 'amount', op: 'not_null' }, days: [1, 2, 4, 5, 6] },
    { filter: { column: 'amount', op: 'gt', value: 10.5 }, days: [2, 5] },
    { filter: { column: 'amount', op: 'gte', value: '10.5' }, days: [1, 2, 5, 6] },
    { filter: { column: 'pieces', op: 'lt', value: 2.5 }, days: [3, 4] },
    { filter: { column: 'pieces', op: 'lte', value: 3 }, days: [1, 3, 4] },
    { filter: { column: 'pieces', op: 'in', value: [1, 5, 99] }, days: [2, 4] },
    { filter: { column: 'shop', op: 'in', value: ['B', 'C'] }, days: [2, 5] },
    { filter: { column: 'region', op: 'contains', value: 'out' }, days: [3, 5] },
    { filter: { column: 'region', op: 'contains', value: '%' }, days: [] },
    { filter: { column: 'region', op: 'starts_with', value: 'no' }, days: [1, 2, 6] },
    { filter: { column: 'day', op: 'gte', value: '2024-01-05' }, days: [5, 6] },
    { filter: { column: 'paid', op: 'eq', value: false }, days: [2, 4] },
    { filter: { column: 'region', op: 'eq', value: "' OR 1 = 1 --" }, days: [] },
  ];
  for (const { filter, days } of filters) {
    it(`filter ${JSON.stringify(filter)} keeps its rows, in the profile too`, async () => {
      const { profile, table } = await profileOf({ content: SALES, options: { filter: [filter] } });
      expect(table.map(([day]) => Number(String(day).slice(-2)))).to.deep.equal(days);
      expect(profile.rows).to.deep.equal({ total: 6, afterFilter: days.length });
      expect(profile.columns[0]).to.include({ count: days.length, distinct: days.length, type: 'date' });
    });
  }

  it('several filters must all hold', async () => {
    const filter = [
      { column: 'region', op: 'eq', value: 'north' },
      { column: 'shop', op: 'eq', value: 'A' },
      { column: 'pieces', op: 'gt', value: 3 },
    ];
    expect(await firstOf({ filter })).to.deep.equal(['2024-01-06']);
  });

  it('types come from all rows, not from those that the filter keeps', async () => {
    const { profile } = await profileOf({ content: 'a,b\n1,x\ntext,y\n', options: { filter: [{ column: 'b', op: 'eq', value: 'x' }] } });
    expect(profile.columns[0]).to.include({ type: 'text', count: 1 });
  });

  it('integers beyond 2^53 are compared exactly', async () => {
    const content = 'n\n9007199254740993\n9007199254740992\n';
    const options = { filter: [{ column: 'n', op: 'gt', value: '9007199254740992' }] };
    expect((await profileOf({ content, options })).table).to.deep.equal([['9007199254740993']]);
  });

  it('sort orders rows, missing values last, ties as in the source', async () => {
    const sort = [{ column: 'amount', order: 'desc' }];
    expect(await firstOf({ sort })).to.deep.equal(['2024-01-05', '2024-01-02', '2024-01-01', '2024-01-06', '2024-01-04', '2024-01-03']);
    expect(
      await firstOf({
        sort: [
          { column: 'shop', order: 'asc' },
          { column: 'day', order: 'desc' },
        ],
        limit: 2,
      }),
    ).to.deep.equal(['2024-01-06', '2024-01-04']);
  });

  it('limit cuts the table and not the profile', async () => {
    const { profile, table } = await profileOf({ content: SALES, options: { limit: 2 } });
    expect(table).to.have.length(2);
    expect(profile.table).to.include({ kind: 'rows', totalRows: 6, storedRows: 2 });
    expect(profile.columns[0]?.count).to.equal(6);
  });

  it('defaults are filled in', async () => {
    const { profile } = await profileOf({ content: SALES, name: 'C:\\data\\sales.2024.csv.gz' });
    expect(profile.options).to.deep.equal({
      filter: [],
      group_by: [],
      metrics: [],
      sort: [],
      limit: 1_000,
      formats: ['pdf', 'xlsx', 'html', 'csv'],
    });
    expect(profile.title).to.equal('sales.2024');
  });

  it('groups without metrics are counted, in the order of their keys', async () => {
    const { profile, table } = await profileOf({ content: SALES, options: { group_by: ['region'] } });
    expect(profile.table.columns).to.deep.equal([
      { name: 'region', type: 'text' },
      { name: 'count', type: 'integer' },
    ]);
    expect(profile.table).to.include({ kind: 'groups', totalRows: 3, storedRows: 3 });
    expect(table).to.deep.equal([
      ['north', 3],
      ['south', 2],
      [null, 1],
    ]);
  });

  it('every metric is right, groups without values included', async () => {
    const metrics = ['count', 'count_distinct', 'sum', 'mean', 'min', 'max', 'median', 'stddev'].map((fn) => ({ fn, column: 'amount' }));
    const options = { group_by: ['region'], metrics: [...metrics, { fn: 'count', as: 'rows' }, { fn: 'max', column: 'day' }] };
    const { profile, table } = await profileOf({ content: SALES, options });
    expect(profile.table.columns.map(({ name }) => name)).to.deep.equal([
      'region',
      'count(amount)',
      'count_distinct(amount)',
      'sum(amount)',
      'mean(amount)',
      'min(amount)',
      'max(amount)',
      'median(amount)',
      'stddev(amount)',
      'rows',
      'max(day)',
    ]);
    const rounded = table.map((row) => row.map((cell) => (typeof cell === 'number' ? Number(cell.toPrecision(12)) : cell)));
    expect(rounded).to.deep.equal([
      ['north', 3, 2, 41, 13.6666666667, 10.5, 20, 10.5, 5.4848275573, 3, '2024-01-06'],
      ['south', 1, 1, 100, 100, 100, 100, 100, null, 2, '2024-01-05'],
      [null, 1, 1, 7.25, 7.25, 7.25, 7.25, 7.25, null, 1, '2024-01-04'],
    ]);
  });

  it('metrics without groups give one row', async () => {
    const metrics = [
      { fn: 'sum', column: 'pieces' },
      { fn: 'median', column: 'pieces' },
      { fn: 'count_distinct', column: 'region' },
      { fn: 'count' },
    ];
    expect(await tableOf({ metrics })).to.deep.equal([[15, 3, 2, 6]]);
  });

  it('groups are sorted by a metric and limited', async () => {
    const options = {
      group_by: ['shop'],
      metrics: [{ fn: 'sum', column: 'amount', as: 'total' }],
      sort: [{ column: 'total', order: 'desc' }],
      limit: 2,
    };
    const { profile, table } = await profileOf({ content: SALES, options });
    expect(table).to.deep.equal([
      ['C', 100],
      ['A', 28.25],
    ]);
    expect(profile.table).to.include({ totalRows: 3, storedRows: 2 });
  });

  it('sum of large integers is exact', async () => {
    const content = 'n\n9223372036854775807\n9223372036854775807\n';
    expect((await profileOf({ content, options: { metrics: [{ fn: 'sum', column: 'n' }] } })).table).to.deep.equal([
      ['18446744073709551614'],
    ]);
  });

  it('spread in groups far from zero keeps nine digits', async () => {
    const content = `g,n\n${Array.from({ length: 1_000 }, (_, index) => `x,${1_000_000_000_000 + (index % 2)}`).join('\n')}\n`;
    const { table } = await profileOf({ content, options: { group_by: ['g'], metrics: [{ fn: 'stddev', column: 'n' }] } });
    expect(Number(table[0]?.[1])).to.be.closeTo(Math.sqrt(250 / 999), 1e-10);
  });

  it('groups of an empty result are none, its totals are zero', async () => {
    const filter = [{ column: 'shop', op: 'eq', value: 'Z' }];
    expect(await tableOf({ filter, group_by: ['shop'], metrics: [{ fn: 'median', column: 'amount' }] })).to.deep.equal([]);
    expect(await tableOf({ filter, metrics: [{ fn: 'count' }, { fn: 'sum', column: 'amount' }] })).to.deep.equal([[0, null]]);
  });

  const wrong: readonly { readonly options: unknown; readonly code: string; readonly says: string }[] = [
    { options: { group_by: ['regoin'] }, code: 'unknown_column', says: 'Did you mean "region"? Columns: "day", "region"' },
    { options: { metrics: [{ fn: 'sum', column: 'zzz' }] }, code: 'unknown_column', says: 'metrics[0] names column "zzz"' },
    { options: { filter: [{ column: 'x', op: 'is_null' }] }, code: 'unknown_column', says: 'filter[0]' },
    { options: { sort: [{ column: 'Day', order: 'asc' }] }, code: 'unknown_column', says: 'Did you mean "day"?' },
    {
      options: { group_by: ['shop'], sort: [{ column: 'amount', order: 'asc' }] },
      code: 'unknown_column',
      says: 'Columns: "shop", "count".',
    },
    {
      options: { metrics: [{ fn: 'mean', column: 'region' }] },
      code: 'invalid_metric',
      says: 'mean works on numbers only; column "region" holds text',
    },
    { options: { metrics: [{ fn: 'sum', column: 'day' }] }, code: 'invalid_metric', says: 'date' },
    {
      options: { filter: [{ column: 'amount', op: 'eq', value: 'much' }] },
      code: 'invalid_filter',
      says: 'needs a number as its value, not "much"',
    },
    { options: { filter: [{ column: 'amount', op: 'contains', value: '1' }] }, code: 'invalid_filter', says: 'works on texts only' },
    { options: { filter: [{ column: 'day', op: 'gt', value: '2024-02-30' }] }, code: 'invalid_filter', says: 'a date like' },
    { options: { filter: [{ column: 'paid', op: 'eq', value: 'maybe' }] }, code: 'invalid_filter', says: 'true or false' },
    { options: { filter: [{ column: 'region', op: 'eq' }] }, code: 'invalid_options', says: 'filter.0.value' },
    { options: { metrics: [{ fn: 'variance', column: 'amount' }] }, code: 'invalid_options', says: 'metrics.0.fn' },
  ];
  for (const { options, code, says } of wrong) {
    it(`options ${JSON.stringify(options)} are rejected with ${code}`, async () => {
      const error = await rejectionOf({ content: SALES, options });
      expect(error.code).to.equal(code);
      expect(error.message).to.contain(says);
    });
  }

  it('unknown column among many lists the first twenty', async () => {
    const header = Array.from({ length: 30 }, (_, index) => `c${index}`).join(',');
    const { message } = await rejectionOf({ content: `${header}\n`, options: { group_by: ['price'] } });
    expect(message).to.contain('"c19" and 10 more').and.not.contain('c20');
  });

  it('sum beyond 38 digits is rejected', async () => {
    const huge = '9'.repeat(38);
    const content = `n\n${`${huge}\n`.repeat(3)}`;
    expect((await rejectionOf({ content, options: { metrics: [{ fn: 'sum', column: 'n' }] } })).code).to.equal('invalid_metric');
  });

  it('cells of the table are JSON values of the type that the profile says', async () => {
    const { profile, table } = await profileOf({ content: SALES, options: { limit: 1 } });
    const kinds = table[0]?.map((cell: Cell) => typeof cell);
    expect(profile.table.columns.map(({ type }) => type)).to.deep.equal(['date', 'text', 'text', 'decimal', 'integer', 'boolean']);
    expect(kinds).to.deep.equal(['string', 'string', 'string', 'number', 'number', 'boolean']);
  });
});
