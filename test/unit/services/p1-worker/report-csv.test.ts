import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { columnOf, profileOf, type ReportInput } from './report-job.ts';

const namesOf = async (input: ReportInput) => (await profileOf(input)).profile.columns.map(({ name }) => name);

describe('report of delimited text', function () {
  this.timeout(120_000);

  const same = [
    { situation: 'LF', content: 'id,name\n1,Anna\n2,Bob\n' },
    { situation: 'CRLF', content: 'id,name\r\n1,Anna\r\n2,Bob\r\n' },
    { situation: 'CR alone', content: 'id,name\r1,Anna\r2,Bob\r' },
    { situation: 'mixed line breaks', content: 'id,name\r\n1,Anna\n2,Bob\r\n' },
    { situation: 'no last line break', content: 'id,name\n1,Anna\n2,Bob' },
    { situation: 'a byte order mark', content: '\ufeffid,name\n1,Anna\n2,Bob\n' },
    { situation: 'quotes everywhere', content: '"id","name"\n"1","Anna"\n"2","Bob"\n' },
    { situation: 'spaces around quotes', content: 'id, "name"\n1, "Anna" \n2, "Bob"\n' },
    { situation: 'tabs', content: 'id\tname\n1\tAnna\n2\tBob\n', format: 'tsv', delimiter: '\t' },
    { situation: 'semicolons', content: 'id;name\n1;Anna\n2;Bob\n', delimiter: ';' },
    { situation: 'pipes', content: 'id|name\n1|Anna\n2|Bob\n', delimiter: '|' },
    { situation: 'blank lines', content: '\n\nid,name\n1,Anna\n\n   \n2,Bob\n\n\n' },
    { situation: 'empty fields beyond the header', content: 'id,name\n1,Anna,\n2,Bob,,\n' },
    { situation: 'gzip', content: gzipSync('id,name\n1,Anna\n2,Bob\n'), compression: 'gzip' },
    {
      situation: 'two gzip members',
      content: Buffer.concat([gzipSync('id,name\n1,Anna\n'), gzipSync('2,Bob\n')]),
      compression: 'gzip',
    },
  ];
  for (const { situation, content, format = 'csv', delimiter = ',', compression = null } of same) {
    it(`table, ${situation}, is read`, async () => {
      const { profile, table } = await profileOf({ content });
      expect(table).to.deep.equal([
        [1, 'Anna'],
        [2, 'Bob'],
      ]);
      expect(profile.columns.map(({ name, type }) => [name, type])).to.deep.equal([
        ['id', 'integer'],
        ['name', 'text'],
      ]);
      expect(profile.source).to.include({ format, delimiter, compression, encoding: 'utf-8' });
    });
  }

  it('quoted fields, with delimiters, quotes and line breaks, keep their content', async () => {
    const { table } = await profileOf({ content: 'text,n\n"a\nb",1\n"c\r\nd",2\n"say ""hi"", then",3\n"",4\n' });
    expect(table).to.deep.equal([
      ['a\nb', 1],
      ['c\r\nd', 2],
      ['say "hi", then', 3],
      [null, 4],
    ]);
  });

  it('quoted field, with lines that look like rows over many reader buffers, stays one cell', async () => {
    const fake = '1,2\n'.repeat(50_000);
    const rows = Array.from({ length: 60 }, (_, index) => `"${fake}",${index}\n`);
    const { profile } = await profileOf({ content: `text,n\n${rows.join('')}` });
    expect(profile.rows.total).to.equal(60);
    expect(columnOf(profile, 'n')).to.include({ min: 0, max: 59, distinct: 60 });
    expect(columnOf(profile, 'text').lengths).to.deep.equal({ min: 200_000, max: 200_000, mean: 200_000 });
  });

  it('any table of texts comes back cell by cell', async () => {
    const cell = fc
      .string({ unit: fc.constantFrom('a', ' ', ',', ';', '\t', '|', '"', '\n', '\r', 'é', '😀', "'"), maxLength: 6 })
      .map((text) => `x${text}x`);
    const width = fc.integer({ min: 2, max: 4 });
    const rows = width.chain((columns) =>
      fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 8 }),
    );
    const dialect = fc.record({
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      always: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(rows, dialect, async (table, { delimiter, end, always }) => {
        const quoted = (text: string) =>
          always || /["\n\r]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
        const header = table[0]!.map((_, index) => `name${index}`);
        const content = [header, ...table].map((row) => row.map(quoted).join(delimiter) + end).join('');
        expect((await profileOf({ content })).table).to.deep.equal(table);
      }),
      { numRuns: 30 },
    );
  });

  it('quotes, escaped with backslashes, are read', async () => {
    const { table } = await profileOf({ content: 'n,said\n1,"he said \\"hi\\", twice"\n2,"a\\\\b"\n' });
    expect(table).to.deep.equal([
      [1, 'he said "hi", twice'],
      [2, 'a\\b'],
    ]);
  });

  it('quote inside an unquoted field is content', async () => {
    const { table } = await profileOf({ content: 'size,n\n5" pipe,1\n6",2\n' });
    expect(table).to.deep.equal([
      ['5" pipe', 1],
      ['6"', 2],
    ]);
  });

  it('one column, with a blank line and a quoted empty cell, drops the first and keeps the second as missing', async () => {
    const { profile, table } = await profileOf({ content: 'x\n1\n\n""\n3\n' });
    expect(table).to.deep.equal([[1], [null], [3]]);
    expect(profile.warnings).to.deep.equal(['Left out: 1 blank line.']);
  });

  it('header alone gives columns without values', async () => {
    const { profile, table } = await profileOf({ content: 'a,b,c\n' });
    expect(profile.rows).to.deep.equal({ total: 0, afterFilter: 0 });
    expect(table).to.deep.equal([]);
    expect(profile.columns).to.have.length(3);
    expect(profile.columns[0]).to.deep.include({
      count: 0,
      nulls: 0,
      distinct: 0,
      min: null,
      max: null,
      mean: null,
      top: [],
      histogram: null,
    });
  });

  it('500 columns, 300 rows, are all profiled', async () => {
    const header = Array.from({ length: 500 }, (_, column) => `c${column}`).join(',');
    const rows = Array.from({ length: 300 }, (_, row) => Array.from({ length: 500 }, (_, column) => row * column).join(','));
    const { profile, table } = await profileOf({ content: `${header}\n${rows.join('\n')}\n` });
    expect(profile.columns).to.have.length(500);
    expect(columnOf(profile, 'c499')).to.include({ max: 299 * 499, distinct: 300, mean: (299 * 499) / 2 });
    expect(table[299]?.[499]).to.equal(299 * 499);
  });

  it('headers in any script are kept', async () => {
    const headers = ['名前', 'städte', 'емейл', 'παράδειγμα', '😀', 'عنوان'];
    expect(await namesOf({ content: `${headers.join(',')}\na,b,c,d,e,f\n` })).to.deep.equal(headers);
  });

  it('headers, repeated, are made unique without hitting others', async () => {
    const { profile } = await profileOf({ content: 'a,a,A,a_2,a\n1,2,3,4,5\n' });
    expect(profile.columns.map(({ name }) => name)).to.deep.equal(['a', 'a_3', 'A', 'a_2', 'a_4']);
    expect(profile.warnings.join()).to.contain('more than once').and.contain('"a"');
  });

  it('headers, empty, are named by position', async () => {
    expect(await namesOf({ content: ',b, ,column_1\n1,2,3,4\n' })).to.deep.equal(['column_1_2', 'b', 'column_3', 'column_1']);
  });

  it('headers with quotes and SQL in them are names and nothing else', async () => {
    const names = ['"; DROP TABLE source; --', "o'clock", 'select', 'c0'];
    const header = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
    const { profile, table } = await profileOf({ content: `${header}\n1,2,3,4\n`, options: { sort: [{ column: names[0] }] } });
    expect(profile.columns.map(({ name }) => name)).to.deep.equal(names);
    expect(table).to.deep.equal([[1, 2, 3, 4]]);
  });

  it('first line of numbers is a row', async () => {
    const { profile } = await profileOf({ content: '1,2.5\n3,4\n5,6\n' });
    expect(profile.rows.total).to.equal(3);
    expect(profile.columns.map(({ name }) => name)).to.deep.equal(['column_1', 'column_2']);
  });

  it('first line of consecutive years is a header', async () => {
    expect(await namesOf({ content: '2019,2020,2021\n1,2,3\n4,5,6\n' })).to.deep.equal(['2019', '2020', '2021']);
  });

  it('titles above the table are left out', async () => {
    const { profile, table } = await profileOf({ content: 'Report 2024\n\nid,name,x\n1,a,2\n2,b,3\n3,c,4\n4,d,5\n5,e,6\n' });
    expect(profile.columns.map(({ name }) => name)).to.deep.equal(['id', 'name', 'x']);
    expect(table).to.have.length(5);
    expect(profile.warnings.join()).to.contain('above the table');
  });

  it('row names, as R writes them, get a column of their own', async () => {
    const { profile, table } = await profileOf({ content: '"x","y"\n"a",5,6\n"b",6,7\n"c",7,8\n"d",7,8\n"e",1,2\n' });
    expect(profile.columns.map(({ name }) => name)).to.deep.equal(['row', 'x', 'y']);
    expect(table[0]).to.deep.equal(['a', 5, 6]);
  });

  it('rows with fewer fields than the header get missing cells and a warning with the line', async () => {
    const { profile, table } = await profileOf({ content: 'a,b,c\n1,2,3\n4,"5\n6"\n7\n' });
    expect(table).to.deep.equal([
      [1, '2', 3],
      [4, '5\n6', null],
      [7, null, null],
    ]);
    expect(profile.warnings.join()).to.contain('2 rows (first in line 3)');
  });

  it('delimiter, with the other one inside cells, is found', async () => {
    const { profile } = await profileOf({ content: 'name;address\n"Smith, J.";5 Main St, York\nDoe, A.;6 Main St, Bath\n' });
    expect(profile.source.delimiter).to.equal(';');
    expect(profile.columns).to.have.length(2);
  });

  it('name says TSV, tabs and commas both fit, tabs win', async () => {
    const content = 'a,b\tc,d\n1,2\t3,4\n5,6\t7,8\n';
    expect((await profileOf({ content, name: 'data.tsv' })).profile.source.delimiter).to.equal('\t');
  });

  for (const [situation, content] of Object.entries({
    LF: 'sep=;\nname;n\nx, y;2,5\nz;1\n',
    'CRLF and a blank line': 'sep=;\r\n\r\nname;n\r\nx, y;2,5\r\nz;1\r\n',
    'a byte order mark': '\ufeffSep=;\nname;n\nx, y;2,5\nz;1\n',
  })) {
    it(`line that tells Excel the delimiter, with ${situation}, is obeyed and is no row`, async () => {
      const { profile, table } = await profileOf({ content });
      expect(profile.columns.map(({ name }) => name)).to.deep.equal(['name', 'n']);
      expect(table).to.deep.equal([
        ['x, y', 2.5],
        ['z', 1],
      ]);
    });
  }

  it('exact decimals, of different lengths, are shown without zeros at the end', async () => {
    const { profile, table } = await profileOf({ content: 'n\n0.1234567890123456789\n3.30\n-20\n' });
    expect(table).to.deep.equal([['0.1234567890123456789'], [3.3], [-20]]);
    expect(columnOf(profile, 'n')).to.include({ min: -20, max: 3.3 });
  });
});
