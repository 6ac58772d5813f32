import { expect } from 'chai';
import { GROUPED, GROUPED_ROWS, HOSTILE, SCRIPTS, wideDataset } from './support/datasets.ts';
import { type Dataset, makeProfile } from './support/make-profile.ts';
import { moviesDataset } from './support/movies.ts';
import { letters, type PdfFile, readPdf } from './support/read-pdf.ts';
import { render } from './support/render-dataset.ts';

async function pdfOf(dataset: Dataset, rows = dataset.rows): Promise<PdfFile> {
  const profile = makeProfile({ ...dataset, options: { ...dataset.options, formats: ['pdf'] } });
  const { outcome, files } = await render(profile, rows.slice(0, profile.options.limit));
  expect(outcome.kind).to.equal('done');
  const pdf = await readPdf(files.get('report.pdf')!);
  expect(outcome).to.have.nested.property('summary.pages', pdf.pages.length);
  return pdf;
}

const allText = (pdf: PdfFile) => pdf.pages.map((page) => page.text).join('');

function expectInsidePages(pdf: PdfFile): void {
  for (const page of pdf.pages)
    for (const piece of page.pieces) {
      expect(piece.left, piece.text).to.be.at.least(20);
      expect(piece.right, piece.text).to.be.at.most(page.width - 20);
      expect(piece.y, piece.text).to.be.within(15, page.height - 15);
    }
}

describe('PDF of a report', function () {
  this.timeout(120_000);

  it('of movies, has title, figures, findings, every column and numbered pages', async () => {
    const pdf = await pdfOf(moviesDataset());
    const text = allText(pdf);
    expect(pdf.pages[0]!.text).to.include(letters('Movies.csv · CSV · UTF-8 · comma-separated'));
    expect(pdf.pages[0]!.text).to.include(letters('Report of 2 January 2025, 03:04 UTC'));
    expect(text).to.include(letters('15 of 16 columns have missing values, “US DVD Sales” the most: 2,637 of 3,201 rows, 82.4%.'));
    for (const { name } of moviesDataset().columns) expect(text).to.include(letters(name));
    expect(pdf.pages.at(-1)!.text).to.include(letters(`Page ${pdf.pages.length} of ${pdf.pages.length}`));
    expect(text).to.include(
      letters('Showing the first 52 of 3,201 rows; the formats XLSX and CSV, which were not asked for, would have more'),
    );
    expectInsidePages(pdf);
  });

  it('has headers in Latin, Greek, Cyrillic, Japanese, Chinese, Korean, Thai and emoji that read back as they were', async () => {
    const pdf = await pdfOf(SCRIPTS);
    const text = allText(pdf);
    expect(text).to.include(letters(SCRIPTS.title));
    const leftToRight = SCRIPTS.columns.filter(({ name }) => !/[\u0590-\u06ff]/.test(name));
    for (const { name } of leftToRight) expect(text, name).to.include(letters(name).normalize('NFC'));
    for (const row of SCRIPTS.rows) for (const cell of row.slice(0, 6)) expect(text).to.include(letters(String(cell)));
  });

  it('has Hebrew and Arabic words that read back letter by letter', async () => {
    const text = allText(await pdfOf(SCRIPTS));
    for (const word of ['ירושלים', 'חיפה', 'دمشق', 'القاهرة', 'المدينة']) expect(text, word).to.include(word);
  });

  it('shows a grouped result first, with a chart described in words and what was asked for', async () => {
    const pdf = await pdfOf(GROUPED, GROUPED_ROWS);
    const text = allText(pdf);
    expect(text).to.include(letters('“mean(Power)” is greatest for “USA” (147.5) and least for “Europe” (-46.0).'));
    expect(text).to.include(letters('Only rows where “Power” is less than 200.'));
    expect(text).to.include(letters('The filter keeps 5 of 6 rows (83.3%).'));
    expect(text).to.include(letters('All 4 groups are shown.'));
    expect(text.indexOf('Result')).to.be.lessThan(text.indexOf(letters('Columns at a glance')));
    expect(pdf.pages.flatMap((page) => page.alts)).to.include('Bar chart of “mean(Power)” by “Origin”.');
  });

  it('is tagged, with headings, tables and figures, bookmarks, a language and dated by the profile', async () => {
    const pdf = await pdfOf(moviesDataset());
    const roles = new Set(pdf.pages.flatMap((page) => [...page.roles]));
    expect([...roles]).to.include.members(['Document', 'H1', 'H2', 'H3', 'P', 'L', 'LI', 'Table', 'TR', 'TH', 'TD', 'Figure']);
    expect(pdf.isTagged).to.equal(true);
    expect(pdf.lang).to.equal('en');
    expect(pdf.info).to.include({ Title: 'Movies', CreationDate: 'D:20250102030405Z' });
    expect(pdf.bookmarks).to.include.members(['Findings', 'Columns at a glance', 'Column by column', ' IMDB Rating', 'Method', 'Rows']);
  });

  it('of markup, control characters and endless words, stays inside its pages', async () => {
    const pdf = await pdfOf(HOSTILE);
    expectInsidePages(pdf);
    expect(allText(pdf)).to.include(letters('<script>alert("title")</script>'));
    expect(allText(pdf)).to.include('123,456,789,012,345,678,901,234,567,890');
  });

  it('of 500 columns, details the first 60, lists all and says so, in fewer than 40 pages', async () => {
    const pdf = await pdfOf(wideDataset(500));
    const text = allText(pdf);
    expect(pdf.pages.length).to.be.lessThan(40);
    expect(text).to.include(letters('The first 60 of 500 columns are shown in detail; all are in the overview above'));
    expect(text).to.match(/Of500columns,thefirst\d+areshown\./);
    expect(pdf.bookmarks.filter((title) => title.startsWith(' '))).to.have.length(60);
    expect(text).to.include('measurement_500');
    expectInsidePages(pdf);
  });

  it('of a table without rows, says that there are none', async () => {
    const pdf = await pdfOf({
      title: 'Empty',
      columns: [
        { name: 'a', type: 'text' },
        { name: 'b', type: 'decimal' },
      ],
      rows: [],
    });
    expect(allText(pdf)).to.include(letters('The source has 2 columns and no rows.'));
    expect(allText(pdf)).to.include(letters('There are no rows.'));
  });

  it('of one column and one row, is drawn', async () => {
    const pdf = await pdfOf({ title: 'One', columns: [{ name: 'value', type: 'integer' }], rows: [[42]] });
    expect(allText(pdf)).to.include(letters('The only row is shown.'));
    expect(allText(pdf)).to.include(letters('Every value is 42.'));
  });

  it('made twice from the same input, is the same to the byte', async () => {
    const profile = makeProfile({ ...SCRIPTS, options: { formats: ['pdf'] } });
    const [first, second] = [await render(profile, SCRIPTS.rows), await render(profile, SCRIPTS.rows)];
    expect(first.files.get('report.pdf')!.equals(second.files.get('report.pdf')!)).to.equal(true);
  });
});
