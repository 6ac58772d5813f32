import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import type { ColumnProfile } from '../../../../shared/domain/report-profile.ts';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { profileOf } from './report-job.ts';

/** What pandas and Polars say of a column: test/support/make-report-expected.py. */
interface ExpectedColumn {
  readonly name: string;
  readonly count: number;
  readonly nulls: number;
  readonly distinct: number;
  readonly top_counts: readonly number[];
  readonly min?: number | null;
  readonly max?: number | null;
  readonly mean?: number | null;
  readonly stddev?: number | null;
  readonly quartiles?: readonly number[];
}

interface Expected {
  readonly dataset: string;
  readonly rows: number;
  readonly columns: readonly ExpectedColumn[];
}

const FOLDER = join(projectRoot(), 'test/fixtures/report-expected');
const RELATIVE_ERROR = 1e-9;

function expectClose(actual: unknown, expected: number | null | undefined, what: string): void {
  if (expected === null || expected === undefined) return void expect(actual, what).to.equal(expected ?? null);
  expect(actual, what).to.be.a('number');
  expect(Math.abs((actual as number) - expected), `${what}: ${actual} for ${expected}`).to.be.at.most(Math.abs(expected) * RELATIVE_ERROR);
}

function expectColumn(actual: ColumnProfile, expected: ExpectedColumn): void {
  const { count, nulls, distinct } = actual;
  expect({ count, nulls, distinct }, expected.name).to.deep.equal({
    count: expected.count,
    nulls: expected.nulls,
    distinct: expected.distinct,
  });
  expect(
    actual.top.map((one) => one.count),
    `top values of ${expected.name}`,
  ).to.deep.equal(expected.top_counts);
  if (expected.quartiles === undefined) return;
  expect(actual.type, expected.name).to.be.oneOf(['integer', 'decimal']);
  for (const key of ['min', 'max', 'mean', 'stddev'] as const) expectClose(actual[key], expected[key], `${key} of ${expected.name}`);
  const quartiles = actual.quartiles && [actual.quartiles.p25, actual.quartiles.p50, actual.quartiles.p75];
  expected.quartiles.forEach((quartile, index) => {
    expectClose(quartiles?.[index], quartile, `quartile ${index + 1} of ${expected.name}`);
  });
  const binned = actual.histogram?.reduce((sum, bin) => sum + bin.count, 0) ?? 0;
  expect(binned, `histogram of ${expected.name}`).to.equal(expected.count);
}

describe('report profile of public datasets', function () {
  this.timeout(120_000);
  for (const file of readdirSync(FOLDER).sort()) {
    const expected = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Expected;
    it(`profile, ${expected.dataset}, equals pandas and Polars`, async () => {
      const content = readFileSync(join(projectRoot(), expected.dataset));
      const { profile } = await profileOf({ content, name: basename(expected.dataset) });
      expect(profile.rows).to.deep.equal({ total: expected.rows, afterFilter: expected.rows });
      expect(profile.columns).to.have.length(expected.columns.length);
      expected.columns.forEach((column, index) => {
        const actual = profile.columns[index]!;
        // Files without a header: pandas numbers their columns from 0.
        if (!/^\d+$/.test(column.name)) expect(actual.name).to.equal(column.name);
        expectColumn(actual, column);
      });
    });
  }
});
