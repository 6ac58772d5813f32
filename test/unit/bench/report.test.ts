import { expect } from 'chai';
import { judgeAll } from '../../bench/report/bars.ts';
import { chart } from '../../bench/report/chart.ts';
import { markdown, shown } from '../../bench/report/markdown.ts';
import type { BenchResult } from '../../bench/report/result.ts';
import { described, made, rates, resultOf } from './made-result.ts';

const CONTENDERS = [described('jobline', 'ours'), described('bullmq-always'), described('bullmq-everysec', 'peer', false)];
const latency = { p50Ms: 9.5, p95Ms: 14.25, p99Ms: 120 };
const RESULT: BenchResult = resultOf(CONTENDERS, [
  ...rates('jobline', 'batch', [900, 1_000, 1_100]),
  ...rates('bullmq-always', 'batch', [300, 400, 500]),
  ...rates('bullmq-everysec', 'batch', [450]),
  made('jobline', 'latency', 1, latency),
  { contender: 'bullmq-always', scenario: 'latency', repeat: 1, error: 'Error: it | broke\n  at somewhere' },
]);

const page = (result: BenchResult) => markdown(result, judgeAll(result), 'result.svg');
const lineOf = (text: string, start: string) => text.split('\n').find((line) => line.startsWith(start));

describe('report of the bench', () => {
  it('a row has median with range, jobs and CPU seconds a thousand jobs, the greatest process first', () => {
    expect(lineOf(page(RESULT), '| <jobline>')).to.equal(
      '| <jobline> & co | 1,000 (900–1,100) | 1,000 | 3.00: mongodb 2.00, client 1.00 |',
    );
  });

  it('latencies have their three percentiles', () => {
    expect(page(RESULT)).to.contain('| <jobline> & co | 9.50 | 14.3 | 120 | 1,000 |');
  });

  it('a contender that failed is out, with the reason in one cell', () => {
    expect(page(RESULT)).to.contain('| <bullmq-always> & co | out | out | out | | failed in repeat 1: Error: it / broke |');
  });

  it('one that is not durable is marked, and the mark explained', () => {
    expect(page(RESULT)).to.contain('<bullmq-everysec> & co †').and.to.contain('† may lose');
    expect(page(resultOf(CONTENDERS.slice(0, 2), []))).to.not.contain('†');
  });

  it('every row of a table has as many cells as its head', () => {
    const tables = page(RESULT)
      .split('\n\n')
      .filter((part) => part.startsWith('|'));
    expect(tables.length).to.be.above(2);
    for (const table of tables)
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

  it('a ratio stands with its range, its bar and how it came out', () => {
    expect(lineOf(page(RESULT), '| batch, jobs/s | jobline / bullmq-always')).to.equal(
      '| batch, jobs/s | jobline / bullmq-always | 2.50 (2.20–3.00) | ≥ 2.5 | met |',
    );
  });

  it('the machine, the revision and the settings of each contender are said', () => {
    expect(page(RESULT)).to.contain('2 cores (P), 24 GiB').and.to.contain('revision abc').and.to.contain('- workers: two');
  });

  it('figures have three or four digits', () => {
    expect([0.126, 9.999, 12.34, 99.96, 1234.5].map(shown)).to.deep.equal(['0.13', '10.00', '12.3', '100.0', '1,235']);
  });
});

describe('picture of the bench', () => {
  it('has a bar a contender, as long as its median', () => {
    const widths = [...chart(RESULT).matchAll(/<rect x="330" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(widths).to.have.length(4);
    expect(widths[0]! / widths[1]!).to.be.closeTo(2.5, 0.01);
  });

  it('escapes what is said, leaves out who is out, and stays inside its size', () => {
    const svg = chart(RESULT);
    expect(svg)
      .to.contain('&lt;jobline&gt; &amp; co')
      .and.to.not.match(/<jobline|NaN|undefined|Infinity/);
    const height = Number(/height="(\d+)" viewBox/.exec(svg)![1]);
    const lowest = Math.max(...[...svg.matchAll(/<rect x="330" y="(\d+)"/g)].map(([, y]) => Number(y)));
    expect(lowest).to.be.below(height);
    expect(svg.match(/bullmq-always/g)).to.have.length(1);
  });

  it('a result without runs is an empty picture', () => {
    expect(chart(resultOf(CONTENDERS, [])))
      .to.match(/^<svg .*<\/svg>\n$/s)
      .and.to.not.match(/NaN|Infinity/);
  });
});
