import { expect } from 'chai';
import { BARS, type BarSpec, closingLine, disqualification, judge, judgeAll } from '../../bench/report/bars.ts';
import type { Run } from '../../bench/report/result.ts';
import { described, made, rates, resultOf } from './made-result.ts';

const BAR: BarSpec = { scenario: 'batch', metric: 'jobsPerSecond', ours: 'jobline', against: 'bullmq-always', least: 2.5 };
const CONTENDERS = [
  described('jobline', 'ours'),
  described('bullmq-always'),
  described('pg-boss-fetch'),
  described('raw-fused-100', 'ceiling'),
];

const lost = (run: Run): Run => ({ ...run, verification: { ...run.verification!, lost: 1, examples: ['job 3: not there'] } });

describe('bars of the bench', () => {
  it('the ratio is that of the medians; its range is that of the repeats', () => {
    const runs = [...rates('jobline', 'batch', [900, 1_000, 1_100]), ...rates('bullmq-always', 'batch', [300, 400, 500])];
    const { ratio, range, verdict } = judge(resultOf(CONTENDERS, runs), BAR);
    expect([ratio, verdict]).to.deep.equal([2.5, 'met']);
    expect(range).to.deep.include({ least: 2.2, most: 3 });
  });

  it('just below its bar it is missed', () => {
    const runs = [...rates('jobline', 'batch', [999]), ...rates('bullmq-always', 'batch', [400])];
    expect(judge(resultOf(CONTENDERS, runs), BAR).verdict).to.equal('missed');
  });

  it('a latency must not exceed its bar', () => {
    const bar: BarSpec = { scenario: 'latency', metric: 'p50Ms', ours: 'jobline', against: 'bullmq-always', most: 1.5 };
    const at = (p50Ms: number) => [made('jobline', 'latency', 1, { p50Ms }), made('bullmq-always', 'latency', 1, { p50Ms: 6 })];
    expect(judge(resultOf(CONTENDERS, at(9)), bar).verdict).to.equal('met');
    expect(judge(resultOf(CONTENDERS, at(9.1)), bar).verdict).to.equal('missed');
  });

  it('the best peer is the fastest of the peers, not of the ceilings', () => {
    const others = [
      ['bullmq-always', 400],
      ['pg-boss-fetch', 600],
      ['raw-fused-100', 5_000],
    ] as const;
    const runs = [...rates('jobline', 'batch', [900]), ...others.flatMap(([name, rate]) => rates(name, 'batch', [rate]))];
    const judged = judge(resultOf(CONTENDERS, runs), { ...BAR, against: 'best peer', least: 1.5 });
    expect([judged.rival, judged.ratio, judged.verdict]).to.deep.equal(['pg-boss-fetch', 1.5, 'met']);
  });

  it('a peer that lost a job is not the best one', () => {
    const peers = [...rates('bullmq-always', 'batch', [400]), ...rates('pg-boss-fetch', 'batch', [600, 600]).map(lost)];
    const judged = judge(resultOf(CONTENDERS, [...rates('jobline', 'batch', [900]), ...peers]), { ...BAR, against: 'best peer' });
    expect(judged.rival).to.equal('bullmq-always');
  });

  it('ours having lost a job misses every bar, however fast it was', () => {
    const runs = [...rates('jobline', 'batch', [9_000]).map(lost), ...rates('bullmq-always', 'batch', [400])];
    expect(judge(resultOf(CONTENDERS, runs), BAR))
      .to.deep.include({ verdict: 'missed' })
      .and.not.have.property('ratio');
  });

  it('a rival that failed leaves the bar unknown', () => {
    const failed: Run = { contender: 'bullmq-always', scenario: 'batch', repeat: 1, error: 'Error: no Redis' };
    expect(judge(resultOf(CONTENDERS, [...rates('jobline', 'batch', [900]), failed]), BAR).verdict).to.equal('unknown');
  });

  it('one bad repeat of several puts a contender out, and says which', () => {
    const runs = rates('jobline', 'batch', [1, 2, 3]).map((run) => (run.repeat === 2 ? lost(run) : run));
    expect(disqualification(runs)).to.equal('lost 1 and doubled 0 jobs in repeat 2 (job 3: not there)');
    expect(disqualification(rates('jobline', 'batch', [1, 2, 3]))).to.equal(undefined);
  });

  it('the closing line counts bars met and missed, and leaves out ratios that are only shown', () => {
    const runs = [
      ...rates('jobline', 'batch', [900]),
      ...rates('bullmq-always', 'batch', [400]),
      ...rates('raw-fused-100', 'batch', [1_000]),
    ];
    const bars = judgeAll(resultOf(CONTENDERS, runs));
    expect(closingLine(bars)).to.equal('2 bars met, 1 missed, 5 not measured');
    expect(closingLine(bars.filter(({ verdict }) => verdict === 'met'))).to.equal('2 bars met, 0 missed');
  });

  it('the bars of issue 6 are all there', () => {
    const bars = BARS.flatMap(({ scenario, metric, against, least, most }) => {
      const bar = least !== undefined ? `>= ${least}` : most !== undefined ? `<= ${most}` : undefined;
      return bar === undefined ? [] : `${scenario} ${metric} / ${against} ${bar}`;
    });
    expect(bars).to.deep.equal([
      'batch jobsPerSecond / bullmq-always >= 2.5',
      'batch jobsPerSecond / best peer >= 1.5',
      'batch jobsPerSecond / raw-fused-100 >= 0.6',
      'single jobsPerSecond / bullmq-always >= 1.5',
      'single jobsPerSecond / raw-koa >= 0.6',
      'latency p50Ms / bullmq-always <= 1.5',
      'latency p99Ms / bullmq-always <= 1.5',
      'latency p50Ms / straightforward <= 0.65',
    ]);
  });
});
