import { expect } from 'chai';
import type { ColumnProfile } from '../../../shared/domain/report-profile.ts';
import type { CallOverhead } from '../../bench/report-figures/call-overhead.ts';
import { equivalentSql } from '../../bench/report-figures/equivalent-sql.ts';
import { parseFiguresOptions } from '../../bench/report-figures/figures-options.ts';
import { addedMs, figuresClosingLine, figuresPage, rateRatio } from '../../bench/report-figures/figures-page.ts';
import type { FiguresResult } from '../../bench/report-figures/figures-result.ts';
import type { ProfileRates } from '../../bench/report-figures/profile-rates.ts';
import { differences } from '../../bench/report-figures/same-figures.ts';

const PROFILE: ProfileRates = {
  shape: 'orders',
  bytes: 1e8,
  rows: 1_000,
  columns: 11,
  seconds: { 'process-1': [4, 5, 6], duckdb: [2, 2.5, 3] },
  cpuSeconds: { 'process-1': [7], duckdb: [3, 3.5, 4] },
  failures: { 'duckdb-limited': 'Out of | memory' },
};

const called = (place: CallOverhead['place'], next: number): CallOverhead => ({
  work: 'three rows',
  place,
  firstMs: [100],
  nextMs: [next, next + 1, next + 2],
});

const RESULT: FiguresResult = {
  startedAt: '2026-01-01T00:00:00.000Z',
  revision: 'abc',
  machine: {
    processor: 'P',
    cores: 2,
    memoryGb: 24,
    kernel: 'k',
    system: 's',
    node: 'v20',
    loadBefore: 0.1,
    fdatasyncMs: { p50: 1, p95: 2 },
  },
  repeats: 3,
  duckdb: 'v1.5.6',
  profile: [PROFILE],
  render: [{ document: '500 columns', pages: 30, firstMs: [900], nextMs: [500, 600, 700] }],
  overhead: [called('direct', 20), called('thread', 22), called('process', 25)],
};

const column = (more: Partial<ColumnProfile>): ColumnProfile =>
  ({ name: 'a', count: 3, nulls: 1, distinct: 2, mean: 1.5, stddev: null, quartiles: null, ...more }) as ColumnProfile;
const row = { name: 'a', count: 3, nulls: 1, distinct: 2, mean: 1.5000000001, stddev: null };

describe('figures of the report job', () => {
  it("Process 1's share of a rival's rate is that of the medians; none where the rival has no figures", () => {
    expect([rateRatio(PROFILE, 'duckdb'), rateRatio(PROFILE, 'summarize')]).to.deep.equal([0.5, undefined]);
  });

  it('what a place adds is counted from the main thread', () => {
    expect([addedMs(RESULT.overhead, 'three rows', 'thread'), addedMs(RESULT.overhead, 'large', 'thread')]).to.deep.equal([2, undefined]);
  });

  it('the page has a row a profiler, also of one that failed, and every row as many cells as its head', () => {
    const page = figuresPage(RESULT);
    expect(page)
      .to.contain("| DuckDB's command, the same figures | 2.50 (2.00–3.00) | 3.50 (3.00–4.00) | 400 | 0.50 |")
      .and.to.contain('| Out of / memory |');
    expect(page).to.contain('| 500 columns | 30 | 900 | 600 (500–700) | 50.0 |');
    for (const table of page.split('\n\n').filter((part) => part.startsWith('|')))
      expect(
        new Set(
          table
            .trim()
            .split('\n')
            .map((line) => line.split('|').length),
        ).size,
        table,
      ).to.equal(1);
  });

  it('parts that were not measured are left out', () => {
    const page = figuresPage({ ...RESULT, render: [], overhead: [] });
    expect(page).to.contain('## Process 1').and.to.not.contain('## Process 2');
    expect(figuresClosingLine({ ...RESULT, render: [], overhead: [] })).to.equal("Process 1 200 rows/s, 0.50 of DuckDB's command");
  });

  it('the closing line has one figure of each part', () => {
    expect(figuresClosingLine(RESULT)).to.equal(
      "Process 1 200 rows/s, 0.50 of DuckDB's command, Process 2 50.0 pages/s, a worker thread adds 2.0 ms to a report of three rows",
    );
  });

  it('figures that are the same to a millionth differ in nothing; others are named', () => {
    expect(differences([column({})], [row])).to.deep.equal([]);
    expect(differences([column({ distinct: 3, mean: 1.51 })], [row])).to.deep.equal([
      'a: distinct is 3, not 2.',
      'a: mean is 1.51, not 1.5000000001.',
    ]);
    expect(differences([column({ name: 'b' })], [row])).to.deep.equal(['DuckDB has no column b.']);
  });

  it('SQL asks for means of numbers only, and names are quoted', () => {
    const sql = equivalentSql("it's", [
      { name: 'a"b', type: 'VARCHAR' },
      { name: 'n', type: 'BIGINT' },
    ]);
    expect(sql).to.contain("read_csv('it''s'").and.to.contain('count("a""b")').and.to.contain('avg("n")');
    expect(sql).to.not.contain('avg("a""b")');
  });

  it('sizes, shapes and parts that there are none of are refused', () => {
    expect(() => parseFiguresOptions(['--mb', '1,x'])).to.throw('--mb is x');
    expect(() => parseFiguresOptions(['--shape', 'latin1'])).to.throw('There is no latin1; there are orders, numbers, texts, wide.');
    expect(() => parseFiguresOptions(['--only', 'speed'])).to.throw('There is no speed');
    expect(parseFiguresOptions([])).to.deep.include({ megabytes: [1, 100], parts: ['profile', 'render', 'overhead'], repeats: 5 });
  });
});
