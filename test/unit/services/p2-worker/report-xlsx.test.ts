import { expect } from 'chai';
import { GROUPED, GROUPED_ROWS, HOSTILE, SCRIPTS, wideDataset } from './support/datasets.ts';
import { type Dataset, makeProfile } from './support/make-profile.ts';
import { moviesDataset } from './support/movies.ts';
import { readXlsx, type XlsxFile } from './support/read-xlsx.ts';
import { render } from './support/render-dataset.ts';

async function xlsxOf(dataset: Dataset, rows = dataset.rows): Promise<XlsxFile> {
  const profile = makeProfile({ ...dataset, options: { ...dataset.options, formats: ['xlsx'] } });
  const { outcome, files } = await render(profile, rows.slice(0, profile.options.limit));
  expect(outcome.kind).to.equal('done');
  return await readXlsx(files.get('report.xlsx')!);
}

/** Data sheet of a set with one column of the type and the values. */
async function columnOf(type: Dataset['columns'][number]['type'], values: Dataset['rows'][number]) {
  const xlsx = await xlsxOf({ title: 'One', columns: [{ name: 'value', type }], rows: values.map((value) => [value]) });
  return {
    xlsx,
    values: xlsx.values
      .get('Rows')!
      .slice(1)
      .map(([value]) => value ?? null),
  };
}

describe('XLSX of a report', function () {
  this.timeout(120_000);

  it('of movies, has one sheet a section and every stored row with its own types', async () => {
    const dataset = moviesDataset(1_500);
    const xlsx = await xlsxOf(dataset);
    expect(xlsx.sheetNames).to.deep.equal(['Summary', 'Rows', 'Columns', 'Charts', 'Top values', 'Histograms']);
    const rows = xlsx.values.get('Rows')!;
    expect(rows[0]).to.deep.equal(dataset.columns.map(({ name }) => name));
    expect(rows).to.have.length(1_501);
    dataset.rows.slice(0, 1_500).forEach((row, index) => {
      const expected = row.map((cell, column) =>
        dataset.columns[column]!.type === 'date' && cell !== null ? new Date(String(cell)) : cell === '' ? null : cell,
      );
      expect(rows[index + 1]).to.deep.equal(expected);
    });
  });

  it('has a frozen header, a filter, widths and a header row on each printed page', async () => {
    const xlsx = await xlsxOf(moviesDataset(10));
    const xml = xlsx.sheetXml('Rows');
    expect(xml).to.match(/<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"\/>/);
    expect(xml).to.include('<autoFilter ref="A1:P11"/>');
    expect(xml.match(/<col /g)).to.have.length(16);
    expect(xlsx.parts.get('xl/workbook.xml')).to.include(
      `<definedName name="_xlnm.Print_Titles" localSheetId="1">'Rows'!$1:$1</definedName>`,
    );
  });

  it('keeps integers of up to 15 digits as numbers and longer ones exact as text', async () => {
    const { values } = await columnOf('integer', [999_999_999_999_999, 9_007_199_254_740_991, '-123456789012345678901234567890', 0, -1]);
    expect(values).to.deep.equal([999_999_999_999_999, '9007199254740991', '-123456789012345678901234567890', 0, -1]);
  });

  it('stores timestamps and times as such, and days before March 1900 as text', async () => {
    const timestamps = await columnOf('timestamp', [
      '2024-02-29T12:30:15',
      '2024-02-29T12:30:15.250Z',
      '1899-12-31T00:00:00',
      '2024-01-01T00:00:00+02:00',
    ]);
    expect(timestamps.values[0]).to.deep.equal(new Date('2024-02-29T12:30:15Z'));
    expect(Number(timestamps.values[1])).to.be.closeTo(Date.parse('2024-02-29T12:30:15.250Z'), 1);
    expect(timestamps.values.slice(2)).to.deep.equal(['1899-12-31T00:00:00', '2024-01-01T00:00:00+02:00']);
    const times = await columnOf('time', ['06:00:00', '23:59:59.5', '24:00:00']);
    expect(times.xlsx.sheetXml('Rows'))
      .to.include('<v>0.25</v>')
      .and.to.include(`<v>${86_399.5 / 86_400}</v>`);
    expect(times.values[2]).to.equal('24:00:00');
  });

  it('stores booleans as booleans and missing values as empty cells', async () => {
    expect((await columnOf('boolean', [true, null, false])).values).to.deep.equal([true, null, false]);
  });

  it('stores texts that look like formulas as text that stays text when edited', async () => {
    const xlsx = await xlsxOf(HOSTILE);
    const column = xlsx.values.get('Rows')!.map((row) => row[1]);
    expect(column).to.deep.equal(['=HYPERLINK("http://evil.example","x")', '=1+1', '+SUM(A1)', '-2+3', '@cmd', '\t=1', '＝1+1']);
    for (const xml of xlsx.parts.values()) expect(xml).to.not.match(/<f[ >]/);
    const style = /<c r="B2" s="(\d+)" t="inlineStr">/.exec(xlsx.sheetXml('Rows'))?.[1];
    const styles = /<cellXfs[^>]*>(.*)<\/cellXfs>/.exec(xlsx.parts.get('xl/styles.xml')!)![1]!.match(/<xf [^>]*?(\/>|>.*?<\/xf>)/g)!;
    expect(styles[Number(style)]).to.include('quotePrefix="1"');
  });

  it('cuts texts at 32,767 characters, keeps control characters and replaces half characters', async () => {
    const xlsx = await xlsxOf(HOSTILE);
    const rows = xlsx.values.get('Rows')!;
    expect(String(rows[1]![3])).to.have.length(32_767).and.match(/x…$/);
    expect(xlsx.values.get('Summary')!.flat()).to.include('Texts are cut at 32,767 characters, the most that a cell can hold.');
    expect(rows[0]![4]).to.equal('bell \u0007 half \ufffd end');
    expect(rows.slice(1).map((row) => row[4])).to.deep.equal(['\u0000\u0001\u001b', '\ufffd', '_x0041_', '\ufffd', '\u202eevil', 'ok']);
    expect(rows[3]![2]).to.equal('cr\rhere');
  });

  it('has headers in every script as they were', async () => {
    const xlsx = await xlsxOf(SCRIPTS);
    expect(xlsx.values.get('Rows')![0]).to.deep.equal(SCRIPTS.columns.map(({ name }) => name));
    expect(
      xlsx.values
        .get('Columns')!
        .slice(1)
        .map((row) => row[1]),
    ).to.deep.equal(SCRIPTS.columns.map(({ name }) => name));
  });

  it('has unrounded figures of every column', async () => {
    const profile = makeProfile(moviesDataset());
    const rows = (await xlsxOf(moviesDataset())).values.get('Columns')!;
    expect(rows).to.have.length(17);
    const rating = profile.columns[14]!;
    expect(rows[15]!.slice(1, 14)).to.deep.equal([
      'IMDB Rating',
      'Decimal',
      rating.count,
      rating.nulls,
      rating.nulls / 3_201,
      rating.distinct,
      rating.min,
      rating.quartiles!.p25,
      rating.quartiles!.p50,
      rating.mean,
      rating.quartiles!.p75,
      rating.max,
      rating.stddev,
    ]);
  });

  it('has native charts that point at the cells with their figures', async () => {
    const xlsx = await xlsxOf(GROUPED, GROUPED_ROWS);
    expect(xlsx.sheetNames).to.deep.equal(['Summary', 'Result', 'Columns', 'Charts', 'Top values', 'Histograms']);
    const first = xlsx.parts.get('xl/charts/chart1.xml')!;
    expect(first).to.include(`<c:f>'Result'!$A$2:$A$5</c:f>`).and.to.include(`<c:f>'Result'!$B$2:$B$5</c:f>`);
    expect(first).to.include('<c:v>147.5</c:v>').and.to.include('<c:v>-46</c:v>');
    const histogram = xlsx.parts.get('xl/charts/chart3.xml')!;
    const span = /'Histograms'!\$E\$(\d+):\$E\$(\d+)/.exec(histogram)!.slice(1).map(Number);
    const listed = xlsx.values.get('Histograms')!.slice(span[0]! - 1, span[1]!);
    expect(listed.map((row) => row[4])).to.deep.equal(makeProfile(GROUPED).columns[1]!.histogram!.map(({ count }) => count));
    expect(xlsx.parts.get('xl/drawings/drawing1.xml')).to.include('descr="“mean(Power)” by “Origin”."');
  });

  it('of a table without rows, has headers and no charts', async () => {
    const xlsx = await xlsxOf({ title: 'Empty', columns: [{ name: 'a', type: 'text' }], rows: [] });
    expect(xlsx.sheetNames).to.deep.equal(['Summary', 'Rows', 'Columns']);
    expect(xlsx.values.get('Rows')).to.deep.equal([['a']]);
  });

  it('of 500 columns, has all of them in every sheet and charts of the first 60', async () => {
    const xlsx = await xlsxOf(wideDataset(500));
    expect(xlsx.values.get('Rows')![0]).to.have.length(500);
    expect(xlsx.values.get('Columns')).to.have.length(501);
    expect([...xlsx.parts.keys()].filter((path) => path.startsWith('xl/charts/'))).to.have.length(60);
  });

  it('made twice from the same input, is the same to the byte', async () => {
    const profile = makeProfile({ ...SCRIPTS, options: { formats: ['xlsx'] } });
    const [first, second] = [await render(profile, SCRIPTS.rows), await render(profile, SCRIPTS.rows)];
    expect(first.files.get('report.xlsx')!.equals(second.files.get('report.xlsx')!)).to.equal(true);
  });
});
