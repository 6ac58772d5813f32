import { expect } from 'chai';
import { closingLine } from '../../bench/report/bars.ts';
import { judgeScale } from '../../bench/scale/bars.ts';
import { scaleChart } from '../../bench/scale/chart.ts';
import { saidOf, scaleMarkdown } from '../../bench/scale/markdown.ts';
import type { ScaleResult } from '../../bench/scale/result.ts';
import { madeRun, madeScale } from './made-scale.ts';

const cost = (value: number, repeat: number, mongodb: number) =>
  madeRun('stored', value, repeat, { jobsPerSecond: 5_000, cpuMs: { mongodb } });
const rate = (value: number, repeat: number, submittedPerSecond: number) => madeRun('waiting', value, repeat, { submittedPerSecond });
const verdicts = (result: ScaleResult) => judgeScale(result).map(({ is, verdict }) => `${is} ${verdict}`);
const STORED = ['stored'] as const;

describe('bars of bench:scale', () => {
  it('cost with a million stored is held against that with 10,000, by medians', () => {
    const runs = [cost(0, 1, 9), cost(10_000, 1, 0.2), cost(10_000, 2, 0.4), cost(1_000_000, 1, 0.26), cost(1_000_000, 2, 0.5)];
    expect(verdicts(madeScale(runs, STORED))).to.deep.equal(['1.27 (1.25–1.30) met', '5 measurements, none met']);
    const worse = [...runs.slice(0, 3), cost(1_000_000, 1, 0.3), cost(1_000_000, 2, 0.5)];
    expect(verdicts(madeScale(worse, STORED))[0]).to.equal('1.33 (1.25–1.50) missed');
  });

  it('without more than 10,000 stored, or without 10,000, the cost is not known', () => {
    expect(verdicts(madeScale([cost(0, 1, 1), cost(10_000, 1, 9)], STORED))[0]).to.equal('– unknown');
    expect(verdicts(madeScale([cost(0, 1, 1), cost(1_000_000, 1, 9)], STORED))[0]).to.equal('– unknown');
  });

  it('the rate of submission at the deepest queue is held against that at none', () => {
    const runs = [rate(0, 1, 10_000), rate(10_000, 1, 1), rate(100_000, 1, 8_000)];
    expect(verdicts(madeScale(runs, ['waiting']))[0]).to.equal('0.80 (0.80–0.80) met');
    expect(verdicts(madeScale([rate(0, 1, 10_000), rate(100_000, 1, 7_900)], ['waiting']))[0]).to.equal('0.79 (0.79–0.79) missed');
  });

  it('a single error of any number of connections misses, a run without figures too', () => {
    const good = madeRun('clients', 1, 1, { errors: 0 });
    expect(verdicts(madeScale([good, madeRun('clients', 8, 1, { errors: 0 })], ['clients']))[0]).to.equal('0 met');
    expect(verdicts(madeScale([good, madeRun('clients', 8, 1, { errors: 1 })], ['clients']))[0]).to.equal('1 missed');
    expect(verdicts(madeScale([good, { curve: 'clients', value: 8, repeat: 1, error: 'x' }], ['clients']))[0]).to.equal('0 missed');
  });

  it('a job that was lost in one repeat misses, and takes its point out of the ratios', () => {
    const lost = { submitted: 100, completed: 99, lost: 1, doubled: 0, examples: ['job 3: not there'] };
    const runs = [cost(10_000, 1, 0.2), cost(1_000_000, 1, 0.2), { ...cost(1_000_000, 2, 0.2), verification: lost }];
    expect(verdicts(madeScale(runs, STORED))).to.deep.equal(['– missed', '1 of 3 measurements missed']);
    expect(closingLine(judgeScale(madeScale(runs, STORED)))).to.equal('0 bars met, 2 missed');
  });

  it('curves that were not asked for have no bar', () => {
    expect(judgeScale(madeScale([madeRun('workers', 1, 1, {})], ['workers'])).map(({ what }) => what)).to.deep.equal([
      'measurements that failed, lost a job or doubled one',
    ]);
  });
});

const RESULT = madeScale([
  cost(10_000, 1, 0.2),
  cost(1_000_000, 1, 0.25),
  { curve: 'stored', value: 0, repeat: 1, error: 'Error: it | broke\n  at somewhere' },
  {
    ...madeRun('waiting', 0, 1, { submittedPerSecond: 9_000, drainedPerSecond: 4_000, p50Ms: 2, p99Ms: 9, bellsWaiting: 0 }),
    notes: ['<raised> & told.'],
  },
  madeRun('clients', 1_000, 1, { submittedPerSecond: 3_000, jobsPerSecond: 2_500, p50Ms: 300, p99Ms: 400, errors: 0 }),
]);
const page = () => scaleMarkdown(RESULT, judgeScale(RESULT), 'scale.svg');

describe('page of bench:scale', () => {
  it('a point has its figures and its cost by process, the greatest first', () => {
    const lines = page().split('\n');
    expect(lines).to.include('| 1,000,000 | 5,000 | – | 1,000 | 0.250: mongodb 0.250 |');
    expect(lines).to.include('| 1,000 | 3,000 | 2,500 | 300 | 400 | 0 | 1,000 | 0.300: mongodb 0.200, gateway 0.100 |');
  });

  it('a point that is out says why in one cell, and what was set is told', () => {
    expect(page()).to.contain('| 0 | out | out | | failed in repeat 1: Error: it / broke |').and.to.contain('<raised> & told.');
  });

  it('every row of a table has as many cells as its head', () => {
    const tables = page()
      .split('\n\n')
      .filter((part) => part.startsWith('|'));
    expect(tables).to.have.length(4);
    for (const table of tables) {
      const cells = table
        .trim()
        .split('\n')
        .map((line) => line.split('|').length);
      expect(new Set(cells).size, table).to.equal(1);
    }
  });

  it('a measurement is a line, also one that failed', () => {
    expect(RESULT.runs.map(saidOf).slice(1, 4)).to.deep.equal([
      'stored 1,000,000, repeat 1: jobs/s 5,000; submitted/s –; CPU ms a job 0.250 (0 lost, 0 doubled)',
      'stored 0, repeat 1: FAILED: Error: it | broke\n  at somewhere',
      'waiting 0, repeat 1: messages in the queue 0; submitted/s 9,000; p50, ms 2.00; p99, ms 9.00; drained/s 4,000; CPU ms a job 0.300 (0 lost, 0 doubled)\n  <raised> & told.',
    ]);
  });
});

describe('picture of bench:scale', () => {
  it('has a row a measured curve, stays inside its size and draws nothing for a point that is out', () => {
    const svg = scaleChart(RESULT);
    expect(svg)
      .to.match(/^<svg .*<\/svg>\n$/s)
      .and.to.not.match(/NaN|undefined|Infinity/);
    const height = Number(/height="(\d+)" viewBox/.exec(svg)![1]);
    const lowest = Math.max(...[...svg.matchAll(/ y="([\d.]+)"/g)].map(([, y]) => Number(y)));
    expect(lowest).to.be.below(height);
    expect(svg).to.contain('Finished jobs stored').and.to.contain('Connections').and.to.not.contain('Payload');
  });

  it('the parts of a cost are as high as their shares', () => {
    const svg = scaleChart(madeScale([madeRun('workers', 1, 1, { jobsPerSecond: 1, cpuMs: { mongodb: 0.3, gateway: 0.1 } })]));
    const heights = [...svg.matchAll(/width="36" height="([\d.]+)"/g)].map(([, height]) => Number(height));
    expect(heights).to.have.length(2);
    expect(Math.max(...heights) / Math.min(...heights)).to.be.closeTo(3, 0.02);
  });

  it('a result without runs is an empty picture', () => {
    expect(scaleChart(madeScale([])))
      .to.match(/^<svg .*<\/svg>\n$/s)
      .and.to.not.match(/NaN|Infinity/);
  });
});
