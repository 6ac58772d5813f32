import { expect } from 'chai';
import fc from 'fast-check';
import { type CsvDialect, CsvTokenizer, fieldText } from '../../../../services/p1-worker/handlers/report/csv-tokenizer.ts';

/** Reads a text in blocks, as a file is read. */
function read(text: string, dialect: CsvDialect, blockBytes: number): { rows: string[][]; lines: number[] } {
  const bytes = Buffer.from(text);
  const tokenizer = new CsvTokenizer(dialect);
  const rows: string[][] = [];
  const lines: number[] = [];
  let pending: Buffer = Buffer.alloc(0);
  for (let at = 0; at <= bytes.length; at += blockBytes) {
    const isLast = at + blockBytes > bytes.length;
    pending = Buffer.concat([pending, bytes.subarray(at, at + blockBytes)]);
    const used = tokenizer.tokenize(pending, pending.length, isLast, (record) => {
      rows.push(Array.from({ length: record.fields }, (_, field) => fieldText(record, field, dialect)));
      lines.push(record.line);
      return undefined;
    });
    pending = pending.subarray(used);
  }
  return { rows, lines };
}

const cell = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', ';', '\t', '|', '"', '\\', '\n', '\r', 'é', '😀', '1'), maxLength: 8 });
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }));
const delimiter = fc.constantFrom(',', ';', '\t', '|');
const lineBreak = fc.constantFrom('\n', '\r\n', '\r');

/** Writes a field; quotes where it must, and sometimes where it need not. */
function written(text: string, dialect: CsvDialect, always: boolean): string {
  const needsQuotes = always || /["\n\r]/.test(text) || text.includes(dialect.delimiter) || /^ | $/.test(text) || text === '';
  if (!needsQuotes) return text;
  return dialect.escape === '\\' ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text.replaceAll('"', '""')}"`;
}

describe('CSV tokenizer', () => {
  for (const mark of ['"', '\\'] as const) {
    it(`any table, quotes escaped by ${mark}, comes back cell by cell, in blocks of any size`, () => {
      fc.assert(
        fc.property(table, delimiter, lineBreak, fc.boolean(), fc.integer({ min: 1, max: 9 }), (rows, by, end, always, blockBytes) => {
          const dialect: CsvDialect = { delimiter: by, escape: mark };
          const text = rows.map((row) => row.map((one) => written(one, dialect, always)).join(by) + end).join('');
          expect(read(text, dialect, blockBytes).rows).to.deep.equal(rows);
        }),
        { numRuns: 500 },
      );
    });
  }

  it('any text at all is read or refused by our own error', () => {
    fc.assert(
      fc.property(cell, cell, delimiter, (left, right, by) => {
        try {
          read(left + right, { delimiter: by, escape: '"' }, 3);
        } catch (error) {
          expect((error as Error).name).to.equal('ReportRejection');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lines are counted over quoted line breaks of all kinds', () => {
    const { lines } = read('a\n"b\r\nc"\n"d\re\nf"\r\ng\rh', { delimiter: ',', escape: '"' }, 4);
    expect(lines).to.deep.equal([1, 2, 4, 7, 8]);
  });
});
