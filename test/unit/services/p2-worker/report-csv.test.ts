import { expect } from 'chai';
import { csvField, textField } from '../../../../services/p2-worker/handlers/report/csv/csv-text.ts';
import { HOSTILE, SCRIPTS } from './support/datasets.ts';
import { moviesDataset } from './support/movies.ts';
import { renderDataset } from './support/render-dataset.ts';

/** Fields of RFC 4180 text, parsed by the grammar and nothing else. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/y;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (!match) throw new Error(`not CSV at ${field.lastIndex}: ${JSON.stringify(text.slice(field.lastIndex, field.lastIndex + 20))}`);
    const [, content = '', end] = match;
    rows.at(-1)!.push(content.startsWith('"') ? content.slice(1, -1).replaceAll('""', '"') : content);
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('CSV of a report', () => {
  it('has a byte order mark, CRLF and every stored row, numbers unrounded', async () => {
    const { files } = await renderDataset({ ...moviesDataset(1_200), options: { limit: 1_200, formats: ['csv'] } });
    const text = files.get('table.csv')!.toString('utf8');
    expect(text.charCodeAt(0)).to.equal(0xfeff);
    const rows = parseCsv(text.slice(1));
    expect(rows).to.have.length(1_201);
    const expected = moviesDataset()
      .rows.slice(0, 1_200)
      .map((row) => row.map((cell) => (cell === null ? '' : String(cell))));
    expect(rows.slice(1)).to.deep.equal(expected);
  });

  it('of hostile texts, has no field that is a formula and loses nothing else', async () => {
    const { files } = await renderDataset({ ...HOSTILE, options: { formats: ['csv'] } });
    const rows = parseCsv(files.get('table.csv')!.toString('utf8').slice(1));
    expect(rows.map((row) => row[1])).to.deep.equal([
      `'=HYPERLINK("http://evil.example","x")`,
      "'=1+1",
      "'+SUM(A1)",
      "'-2+3",
      "'@cmd",
      "'\t=1",
      "'＝1+1",
    ]);
    expect(rows.map((row) => row[2])).to.deep.equal([
      '"quoted", with comma',
      'a "b"',
      'line\nbreak',
      'cr\rhere',
      'tab\there',
      ' lead',
      'ok',
    ]);
    expect(rows[1]![3]).to.have.length(40_000);
    expect(rows.slice(1).map((row) => row[6])).to.deep.equal([
      '123456789012345678901234567890',
      '-123456789012345678901234567890',
      '9007199254740991',
      '7',
      '-7',
      '0',
    ]);
  });

  it('of columns, has one row of figures each', async () => {
    const { files } = await renderDataset({ ...SCRIPTS, options: { formats: ['csv'] } });
    const rows = parseCsv(files.get('columns.csv')!.toString('utf8').slice(1));
    expect(rows[0]!.slice(0, 5)).to.deep.equal(['column', 'type', 'count', 'missing', 'distinct']);
    expect(rows.slice(1).map((row) => row[0])).to.deep.equal(SCRIPTS.columns.map(({ name }) => name));
    expect(rows[1]).to.include.members(['text', '6', '0', '2', 'groß']);
  });

  it('field of a negative number is a number, of the same as text is not', () => {
    expect(csvField(-5.25, 'decimal')).to.equal('-5.25');
    expect(csvField('-123456789012345678901', 'integer')).to.equal('-123456789012345678901');
    expect(csvField('-5', 'text')).to.equal("'-5");
    expect(csvField('-0044-03-15', 'date')).to.equal("'-0044-03-15");
    expect(csvField('=1', 'integer')).to.equal("'=1");
  });

  it('field with a quote, a comma or a line end is quoted, others are not', () => {
    expect(textField('plain text; fine')).to.equal('plain text; fine');
    expect(textField('a"b')).to.equal('"a""b"');
    expect(textField('a,b')).to.equal('"a,b"');
    expect(textField('a\nb')).to.equal('"a\nb"');
    expect(textField('\ra')).to.equal('"\'\ra"');
  });
});
