import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { type ReportInput, rejectionOf, runJob } from './report-job.ts';

const parquet = () => readFileSync(join(projectRoot(), 'node_modules/vega-datasets/data/flights-3m.parquet'));

interface Case extends ReportInput {
  readonly situation: string;
  readonly code: string;
  /** In the message. */
  readonly says?: string;
}

const CASES: readonly Case[] = [
  { situation: '0 bytes', content: '', code: 'empty_file', says: '0 bytes' },
  { situation: 'white space only', content: '  \r\n\t\n', code: 'empty_file' },
  { situation: 'a byte order mark only', content: '\ufeff', code: 'empty_file' },
  { situation: 'gzip of nothing', content: gzipSync(''), code: 'empty_file' },
  { situation: 'no input at all', code: 'input_missing' },
  { situation: 'no inline rows', rows: [], code: 'empty_file' },
  { situation: 'inline rows that are no objects', rows: [{ a: 1 }, 2], code: 'json_not_tabular', says: 'Row 2' },
  {
    situation: 'a row with too many fields',
    content: 'a,b,c\n1,2,3\n4,5,6,7\n',
    code: 'csv_malformed',
    says: 'Line 3 has 4 fields, but the header has 3',
  },
  {
    situation: 'a row with too many fields behind quoted lines',
    content: 'a,b\n"x\ny",2\n4,5,6\n',
    code: 'csv_malformed',
    says: 'Line 4 has 3 fields',
  },
  { situation: 'a quote that is never closed', content: 'a,b\n1,"x\n2,y\n', code: 'csv_malformed', says: 'opens in line 2' },
  { situation: 'text behind a closing quote', content: 'a,b\n1,"x"y\n', code: 'csv_malformed', says: 'Line 2' },
  { situation: 'a NUL byte', content: 'a,b\n1,x\0y\n', code: 'binary_content', says: 'offset 7' },
  { situation: 'bytes of no text', content: Buffer.from([1, 2, 3, 0, 5, 255, 254, 0, 1]), code: 'binary_content' },
  { situation: 'control characters', content: Buffer.from([0x80, 1, 2, 3, 4, 5, 6, 7, 0x9f, 0x0a]), code: 'binary_content' },
  { situation: 'an Excel workbook', content: Buffer.from('504b030414000600080000', 'hex'), code: 'unsupported_format', says: 'XLSX' },
  { situation: 'a picture', content: Buffer.from('89504e470d0a1a0a', 'hex'), code: 'unsupported_format', says: 'PNG' },
  { situation: 'gzip in gzip', content: gzipSync(gzipSync('a\n1\n')), code: 'unsupported_format', says: 'another gzip' },
  { situation: 'gzip of a picture', content: gzipSync(Buffer.from('89504e470d0a1a0a', 'hex')), code: 'unsupported_format', says: 'PNG' },
  {
    situation: 'gzip that is cut off',
    content: gzipSync(`a,b\n${'1,2\n'.repeat(9_000)}`).subarray(0, 60),
    code: 'gzip_malformed',
    says: 'cut off',
  },
  {
    situation: 'gzip with a wrong checksum',
    content: Buffer.concat([gzipSync('a,b\n1,2\n').subarray(0, -8), Buffer.alloc(8, 1)]),
    code: 'gzip_malformed',
    says: 'damaged',
  },
  { situation: 'a gzip bomb', content: gzipSync(Buffer.alloc(80_000_000, '0\n')), code: 'archive_too_large', says: '100 times' },
  { situation: 'a broken NDJSON line', content: '{"a":1}\n\n{"a":\n{"a":2}\n', code: 'json_malformed', says: 'line 3' },
  { situation: 'text behind an NDJSON object', content: '{"a":1}\n{"a":2}x\n', code: 'json_malformed', says: 'line 2' },
  { situation: 'a JSON array that is cut off', content: '[{"a":1},\n{"a":', code: 'json_malformed', says: 'line 2: it ends too early' },
  { situation: 'NaN in JSON', content: '[{"a":1},\n{"a":NaN}]', code: 'json_malformed', says: 'line 2: unexpected "N" at character 6' },
  {
    situation: 'a comma before the end of an object',
    content: '{"a":1,}\n',
    code: 'json_malformed',
    says: 'unexpected "}" at character 8',
  },
  {
    situation: 'JSON nested 100,000 deep',
    content: `{"b":1}\n{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    code: 'json_malformed',
    says: 'deeply',
  },
  { situation: 'a JSON number', content: '42\n', name: 'x.json', code: 'json_not_tabular', says: 'single value' },
  { situation: 'a JSON text', content: '"hello, world"', mediaType: 'application/json', code: 'json_not_tabular' },
  { situation: 'an HTML page', content: '\ufeff <!DOCTYPE html><html><body>a,b</body></html>', code: 'unsupported_format', says: 'HTML' },
  { situation: 'XML', content: '<?xml version="1.0"?><a><b>1</b></a>', name: 'x.csv', code: 'unsupported_format', says: 'XML' },
  { situation: 'a PDF', content: '%PDF-1.4\n1 0 obj\n<<>>\nendobj\n', name: 'x.csv', code: 'unsupported_format', says: 'PDF' },
  { situation: 'a JSON array without its end', content: '[{"a":1},{"a":2}', code: 'json_malformed' },
  { situation: 'text behind a JSON array', content: '[{"a":1}] x', code: 'json_malformed' },
  { situation: 'text that its name calls JSON', content: '{a:1}', name: 'x.json', code: 'json_malformed' },
  { situation: 'JSON of several tables', content: '{"a":[{"x":1}],"b":[{"y":1}]}', code: 'json_not_tabular', says: '"a", "b"' },
  { situation: 'JSON of plain arrays', content: '{"values":[1,2,3]}', code: 'json_not_tabular', says: '"values"' },
  { situation: 'a JSON array of numbers', content: '[1,2,3]', name: 'x.json', code: 'json_not_tabular', says: 'Row 1' },
  { situation: 'NDJSON with an array among objects', content: '{"a":1}\n[1]\n', code: 'json_not_tabular', says: 'Row 2' },
  { situation: 'an empty JSON array', content: '[]', code: 'no_columns' },
  { situation: 'empty objects', content: '{}\n{}\n', code: 'no_columns' },
  { situation: 'Parquet that is cut off', content: parquet().subarray(0, 100_000), code: 'parquet_malformed', says: 'cut off' },
  { situation: 'Parquet of six bytes', content: Buffer.from('PAR1xx'), code: 'parquet_malformed' },
  {
    situation: 'Parquet whose footer is longer than the file',
    content: Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(100, 7), Buffer.from([0xff, 0xff, 0xff, 0x7f]), Buffer.from('PAR1')]),
    code: 'parquet_malformed',
    says: 'its footer says',
  },
  {
    situation: 'Parquet with a footer of rubbish',
    content: Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(100, 7), Buffer.from([50, 0, 0, 0]), Buffer.from('PAR1')]),
    code: 'parquet_malformed',
  },
  {
    situation: 'Parquet whose footer names pages that are not there',
    content: Buffer.concat([parquet().subarray(0, 50_000), parquet().subarray(-5_000)]),
    code: 'parquet_malformed',
  },
  { situation: 'Parquet that is encrypted', content: Buffer.from('PARExxxxxxxxPARE'), code: 'unsupported_format', says: 'encrypted' },
  {
    situation: '1,001 columns',
    content: `${Array.from({ length: 1_001 }, (_, index) => `c${index}`).join(',')}\n`,
    code: 'too_many_columns',
    says: '1001',
  },
  {
    situation: '1,001 keys',
    rows: [Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`k${index}`, 1]))],
    code: 'too_many_columns',
    says: '1000',
  },
  { situation: 'a record of 17 MiB', content: `a,b\n"${'x'.repeat(17 * 1_048_576)}",1\n`, code: 'record_too_long' },
  { situation: 'a limit of 0 rows', content: 'a\n1\n', options: { limit: 0 }, code: 'invalid_options', says: 'limit' },
  { situation: 'options that are none', content: 'a\n1\n', options: 'all', code: 'invalid_options' },
];

describe('report of bad input', function () {
  this.timeout(120_000);
  for (const { situation, code, says, ...input } of CASES) {
    it(`job, ${situation}, is rejected with ${code}`, async () => {
      const error = await rejectionOf(input);
      expect(error.code).to.equal(code);
      if (says !== undefined) expect(error.message).to.contain(says);
      expect(error.message)
        .to.match(/^[A-Z].*\.$/s)
        .and.not.match(/jobline-test|\/tmp|node_modules|DuckDB|at .*:\d+:\d+/);
      expect(error.message.length).to.be.at.most(2_000);
    });
  }

  it('Parquet, any number in its footer changed, is either read in full or rejected', async () => {
    const content = readFileSync(join(projectRoot(), 'test/fixtures/report-types.parquet'));
    const footerBytes = content.readUInt32LE(content.length - 8);
    for (let place = 0; place < 30; place += 1) {
      const lying = Buffer.from(content);
      const at = content.length - 8 - footerBytes + Math.floor((place / 30) * footerBytes);
      lying[at] = (lying[at]! + 64) % 256;
      const { outcome, profileText } = await runJob({ content: lying });
      if (outcome.kind === 'reject')
        expect(outcome.error.code).to.be.oneOf(['parquet_malformed', 'no_columns', 'too_many_columns', 'dataset_too_large']);
      else
        expect(
          JSON.parse(profileText!).columns.every(
            (one: { count: number; nulls: number }) => one.count + one.nulls === JSON.parse(profileText!).rows.total,
          ),
        ).to.equal(true);
    }
  });
});
