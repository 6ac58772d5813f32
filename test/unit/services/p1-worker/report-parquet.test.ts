import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { columnOf, profileOf } from './report-job.ts';

/** 40 rows of every type, in row groups of 16; made by test/support/make-report-types.mjs. */
const fixture = () => readFileSync(join(projectRoot(), 'test/fixtures/report-types.parquet'));

describe('report of Parquet', function () {
  this.timeout(120_000);

  it('types of the file decide, nested values become JSON text', async () => {
    const { profile, table } = await profileOf({ content: fixture(), name: 'types.parquet' });
    expect(profile.rows.total).to.equal(40);
    expect(profile.source).to.include({ format: 'parquet', encoding: null, delimiter: null, compression: null });
    expect(profile.columns.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([
      'tiny integer',
      'big integer',
      'unsigned integer',
      'real decimal',
      'double decimal',
      'money decimal',
      'whole integer',
      'flag boolean',
      'day date',
      'at timestamp',
      'zoned timestamp',
      'clock time',
      'Name with "quotes" text',
      'bytes text',
      'id text',
      'list nested',
      'record nested',
      'nothing integer',
    ]);
    expect(table[3]).to.deep.equal([
      3,
      '9007199254740996',
      '18446744073709551612',
      0.75,
      0.30000000000000004,
      '1234567890123456.75',
      '12345678901234567893',
      false,
      '2024-01-04',
      '2024-01-01T03:00:00',
      '2024-01-01T03:00:00Z',
      '03:00:00',
      'ä3',
      '\\xFF\\x00',
      '00000000-0000-0000-0000-000000000003',
      '[3,4]',
      '{"a":3,"b":"x"}',
      null,
    ]);
  });

  it('not-a-number and infinity are missing values', async () => {
    const { profile } = await profileOf({ content: fixture() });
    expect(columnOf(profile, 'double')).to.deep.include({ count: 38, nulls: 2, max: 3.9000000000000004 });
  });

  it('rows come in the order of the file, sorted ones with ties too', async () => {
    const plain = await profileOf({ content: fixture(), options: { limit: 20 } });
    expect(plain.table.map((row) => row[0])).to.deep.equal(Array.from({ length: 20 }, (_, index) => index));
    const sorted = await profileOf({ content: fixture(), options: { sort: [{ column: 'flag', order: 'desc' }], limit: 22 } });
    const even = Array.from({ length: 20 }, (_, index) => index * 2);
    expect(sorted.table.map((row) => row[0])).to.deep.equal([...even, 1, 3]);
  });

  it('filter keeps the rows that meet it', async () => {
    const options = { filter: [{ column: 'unsigned', op: 'gte', value: '18446744073709551610' }] };
    const { profile } = await profileOf({ content: fixture(), options });
    expect(profile.rows).to.deep.equal({ total: 40, afterFilter: 6 });
  });

  it('gzip around it is unpacked', async () => {
    const { profile } = await profileOf({ content: gzipSync(fixture()) });
    expect(profile.source).to.include({ format: 'parquet', compression: 'gzip' });
  });

  it('names that differ in case only stay, and repeated ones are numbered', async () => {
    // Made by pyarrow: columns a, a, A.
    const content = readFileSync(join(projectRoot(), 'test/fixtures/report-names.parquet'));
    const { profile, table } = await profileOf({ content });
    expect(profile.columns.map(({ name }) => name)).to.deep.equal(['a', 'a_2', 'A']);
    expect(profile.warnings).to.deep.equal(['Headers that occur more than once were numbered: "a".']);
    expect(table[0]).to.deep.equal([1, 3, 5]);
  });
});
