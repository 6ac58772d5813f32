import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { GROUPED, GROUPED_ROWS, HOSTILE, SCRIPTS, wideDataset } from './support/datasets.ts';
import { type Dataset, makeProfile } from './support/make-profile.ts';
import { moviesDataset } from './support/movies.ts';
import { render } from './support/render-dataset.ts';

async function htmlOf(dataset: Dataset, rows = dataset.rows): Promise<string> {
  const profile = makeProfile({ ...dataset, options: { ...dataset.options, formats: ['html', 'csv'] } });
  const { outcome, files } = await render(profile, rows.slice(0, profile.options.limit));
  expect(outcome.kind).to.equal('done');
  return files.get('report.html')!.toString('utf8');
}

const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z:-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g;

/** Names of the page's elements; fails the test where one is not closed by its own end tag. */
function elementNames(html: string): readonly string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [, end, name = '', , closed] of html.replace(/<style>[\s\S]*?<\/style>/, '').matchAll(TAG)) {
    if (end) expect(open.pop(), `end of ${name}`).to.equal(name);
    else names.push(name);
    if (!end && !closed && name !== 'meta') open.push(name);
  }
  expect(open).to.deep.equal([]);
  return names;
}

describe('HTML of a report', function () {
  this.timeout(120_000);

  it('of movies, has title, figures, findings, all columns and the sentence on its rows', async () => {
    const html = await htmlOf(moviesDataset());
    expect(html).to.match(/^<!doctype html>\n<html lang="en">/);
    expect(html).to.include('<title>Movies</title>').and.to.include('<h1 dir="auto">Movies</h1>');
    expect(html).to.include('“Release Date” runs from 1928-12-31 to 2046-12-31.');
    expect(html).to.include('Showing the first 1,000 of 3,201 rows (the report was limited to 1,000).');
    for (const { name } of moviesDataset().columns) expect(html).to.include(`<span>${name}</span>`);
    expect(html.match(/<article /g)).to.have.length(16);
    expect(html.match(/<svg class="chart"/g)!.length).to.be.at.least(14);
  });

  it('loads and runs nothing: no script, no address, no style attribute, and a policy that allows its one style sheet', async () => {
    const html = await htmlOf(SCRIPTS);
    expect(html).to.not.match(/<script|<link|<img|<iframe|<object|\sstyle=|\son[a-z]+=|https?:|@import/i);
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!;
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
    expect(policy).to.equal(
      `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; font-src data:; base-uri 'none'; form-action 'none'`,
    );
    for (const [url] of style.matchAll(/url\([^)]{0,40}/g)) expect(url).to.match(/^url\(data:font\/woff2;base64,/);
  });

  it('of markup in title, headers and values, shows it as text', async () => {
    const html = await htmlOf(HOSTILE);
    expect(html).to.include('&lt;script&gt;alert(&quot;title&quot;)&lt;/script&gt; &amp; &#39;quotes&#39;');
    expect(html).to.include('&lt;/text&gt;&lt;/svg&gt;&lt;script&gt;alert(2)&lt;/script&gt;');
    expect(html).to.include('&amp;amp;');
    expect(html).to.not.match(/<script|<img|onmouseover="/i);
    expect(elementNames(html)).to.include('table').and.not.include('script');
  });

  it('of control characters and half characters, is valid UTF-8 without them', async () => {
    const html = await htmlOf(HOSTILE);
    expect(html).to.not.match(/(?![\t\n\r])\p{Cc}|\p{Cs}/u);
    expect(html).to.include('bell \ufffd half \ufffd end');
  });

  it('closes every element that it opens', async () => {
    for (const html of [await htmlOf(HOSTILE), await htmlOf(GROUPED, GROUPED_ROWS)])
      expect(elementNames(html).length).to.be.greaterThan(50);
  });

  it('brings the glyphs of scripts that a device may lack', async () => {
    const html = await htmlOf(SCRIPTS);
    const ranges = [...html.matchAll(/unicode-range:([^}]*)}/g)].map(([, range = '']) =>
      range.split(',').map((part) => part.replace('U+', '')),
    );
    const covers = (character: string) => {
      const point = character.codePointAt(0)!;
      return ranges.flat().some((range) => {
        const [first = '', last = first] = range.split('-');
        return point >= Number.parseInt(first, 16) && point <= Number.parseInt(last, 16);
      });
    };
    for (const character of '都道府県名前销售额地역별매출액העירالمدينةภาษาไทย🚀'.replace('地', ''))
      expect(covers(character), character).to.equal(true);
    for (const character of 'Größe in Köln Περιοχή Город') expect(covers(character), character).to.equal(false);
    expect(Buffer.byteLength(html)).to.be.lessThan(1_000_000);
  });

  it('shows a grouped result with its chart, for wide and narrow screens', async () => {
    const html = await htmlOf(GROUPED, GROUPED_ROWS);
    expect(html.indexOf('id="table">Result<')).to.be.lessThan(html.indexOf('id="columns">Columns at a glance<'));
    expect(html.match(/aria-label="Bar chart of “mean\(Power\)” by “Origin”\."/g)).to.have.length(2);
    expect(html).to.include('All 4 groups are shown.');
    expect(html).to.include('USA: 147.5').and.to.include('Europe: -46.0');
  });

  it('shows groups that are dates in order as a line', async () => {
    const rows = Array.from({ length: 12 }, (_, month) => [
      `2024-${String(month + 1).padStart(2, '0')}-01`,
      month === 5 ? null : month * 1.5,
    ]);
    const columns = [
      { name: 'month', type: 'date' },
      { name: 'mean(x)', type: 'decimal' },
    ] as const;
    const options = { group_by: ['month'], metrics: [{ fn: 'mean', column: 'x' }] } as const;
    const html = await htmlOf({ title: 'Months', columns, rows, options, table: { kind: 'groups', totalRows: 12, storedRows: 12 } });
    expect(html).to.include('aria-label="Line chart of “mean(x)” by “month”."');
    const [, points = ''] = /<polyline points="([^"]*)" class="line-bar"/.exec(html)!;
    expect(points.split(' ')).to.have.length(11);
  });

  it('of 500 columns, shows the first 100 of the table, details 60 and stays below 3 MB', async () => {
    const html = await htmlOf(wideDataset(500));
    expect(html).to.include('All 40 rows are shown. Of 500 columns, the first 100 are shown.');
    expect(html.match(/<article /g)).to.have.length(60);
    expect(html.match(/<th scope="row"/g)).to.have.length(500);
    expect(Buffer.byteLength(html)).to.be.lessThan(3_000_000);
  });

  it('of a table without rows, has no empty table', async () => {
    const html = await htmlOf({ title: 'Empty', columns: [{ name: 'a', type: 'text' }], rows: [] });
    expect(html).to.include('There are no rows.').and.not.to.include('aria-label="Rows"');
  });

  it('of a text that turns round what follows, does not', async () => {
    const html = await htmlOf({ title: 'a\u202eb', columns: [{ name: 'x\u2067', type: 'text' }], rows: [['c\u202dd']] });
    expect(html)
      .to.include('ab')
      .and.to.include('cd')
      .and.not.to.match(/[\u202a-\u202e\u2066-\u2069]/);
  });
});
