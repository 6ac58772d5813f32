import { expect } from 'chai';
import type { Answer } from '../../../bench/overload/answers.ts';
import { boundChecks, counterChecks } from '../../../bench/overload/counter-checks.ts';
import { firstShown, foretold, SIGNS } from '../../../bench/overload/early-signs.ts';
import { keptOf } from '../../../bench/overload/kept.ts';
import { drainRate } from '../../../bench/overload/measure.ts';
import { isNear, metricChecks } from '../../../bench/overload/metric-checks.ts';
import type { Scrape } from '../../../bench/overload/metrics-watch.ts';
import { RecordTruth, type TruthRecord } from '../../../bench/overload/record-truth.ts';
import { firstReturns, waits } from '../../../bench/overload/returns.ts';
import { ParsedMetrics } from '../../../support/parsed-metrics.ts';

const at = (second: number) => new Date(second * 1_000);

/** A job that came, began and ended its stages at these seconds. */
function record(id: string, created: number, ...stages: readonly (readonly [started: number, ended: number])[]): TruthRecord {
  const results = stages.map(([started, ended], stage) => ({ stage, startedAt: at(started), at: at(ended) }));
  return { id, state: 'COMPLETED', createdAt: at(created), doneAt: at(stages.at(-1)![1]), results, log: [] };
}

const scrape = (service: string, second: number, text: string): Scrape => ({
  service,
  atMs: second * 1_000,
  metrics: new ParsedMetrics(text),
});

const accepted = (n: number, visit: number, dueMs: number): Answer => {
  return { n, visit, dueMs, tookMs: 0, lateMs: 0, reading: { kind: 'accepted', status: 202, jobId: `job-${n}`, isRepeated: false } };
};
const refused = (n: number, visit: number, dueMs: number, retryAfterS: number): Answer => {
  return { n, visit, dueMs, tookMs: 0, lateMs: 0, reading: { kind: 'refused', status: 503, retryAfterS, code: 'overloaded' } };
};

describe('RecordTruth', () => {
  const jobs = [record('a', 0, [1, 2], [4, 5]), record('b', 0, [3, 5], [6, 9])];
  const truth = new RecordTruth(jobs, 2);

  it('tells at any moment what waited and ran at a stage', () => {
    expect([0, 1, 3].map((second) => truth.queued(0, second * 1_000))).to.deep.equal([2, 1, 0]);
    expect([0, 1, 3].map((second) => truth.running(0, second * 1_000))).to.deep.equal([0, 1, 1]);
    expect([1, 2, 3, 4].map((second) => truth.queued(1, second * 1_000))).to.deep.equal([0, 1, 1, 0]);
    expect([truth.done(0, 5_000), truth.done(5_000, 9_001)]).to.deep.equal([0, 2]);
  });

  it('tells how long the oldest had waited, and how long it took until all had left', () => {
    expect(truth.oldestMs(0, 2_000)).to.equal(2_000);
    expect(truth.backlogMs(0, 500)).to.equal(2_500);
    expect(truth.oldestMs(0, 4_000)).to.equal(0);
  });

  it('a job that was retried waits since its failure', () => {
    const retried = { ...record('c', 0, [10, 11], [12, 13]), log: [{ event: 'retry', stage: 0, at: at(6) }] };
    const one = new RecordTruth([retried], 2);
    expect([one.queued(0, 5_000), one.queued(0, 7_000), one.oldestMs(0, 9_000)]).to.deep.equal([0, 1, 3_000]);
  });
});

describe('drainRate', () => {
  it('leaves out the beginning and the end, where not all stages work', () => {
    const steady = Array.from({ length: 100 }, (_, n) => record(`${n}`, 0, [0, 0], [0, 10 + n / 20]));
    expect(drainRate(steady)).to.be.closeTo(20, 0.01);
    const slowEnds = [record('first', 0, [0, 0], [0, 1]), ...steady, record('last', 0, [0, 0], [0, 500])];
    expect(drainRate(slowEnds)).to.be.closeTo(20, 0.01);
  });
});

describe('keptOf', () => {
  const executions = (runs: number) => new Map(['p1', 'p2'].map((stage) => [stage, new Map([[0, stage === 'p1' ? runs : 1]])]));
  const records = [record('job-0', 0, [1, 2], [3, 4])];

  it('every accepted job is COMPLETED and ran once: all are kept', () => {
    expect(keptOf([accepted(0, 1, 0)], records, executions(1), 0)).to.deep.equal({ accepted: 1, lost: 0, doubled: 0, examples: [] });
  });

  it('one that is not there, that did not end or ran twice, or that nobody was told of, is named', () => {
    expect(keptOf([accepted(0, 1, 0)], [], executions(1), 0)).to.include({ lost: 1 });
    expect(keptOf([accepted(0, 1, 0)], [{ ...records[0]!, state: 'FAILED' }], executions(1), 0)).to.include({ lost: 1 });
    expect(keptOf([accepted(0, 1, 0)], records, executions(2), 0)).to.include({ lost: 0, doubled: 1 });
    expect(keptOf([accepted(0, 1, 0)], [...records, record('other', 0, [1, 2], [3, 4])], executions(1), 0)).to.include({ doubled: 1 });
    expect(keptOf([accepted(0, 1, 0)], [...records, record('warm-up', 0, [1, 2], [3, 4])], executions(1), 1)).to.include({ doubled: 0 });
  });
});

describe('returns', () => {
  const answers = [
    refused(0, 1, 0, 10),
    accepted(0, 2, 10_000),
    refused(1, 1, 0, 10),
    refused(1, 2, 10_000, 10),
    accepted(1, 3, 20_000),
    accepted(2, 1, 0),
  ];

  it('the share of first returns that were accepted is of those that were due in the period', () => {
    expect(firstReturns(answers, 5_000, 15_000)).to.deep.equal({ came: 2, accepted: 1, share: 0.5 });
    expect(firstReturns(answers, 15_000, 25_000).came).to.equal(0);
  });

  it('waits compare what was told at first with the time until accepted', () => {
    expect(waits(answers)).to.deep.equal({ toldP50S: 10, toldMaxS: 10, overToldP50: 1.5, overToldP95: 2, gaveUp: 0 });
    expect(waits([refused(0, 1, 0, 5)])).to.include({ gaveUp: 1, toldP50S: 5 });
  });
});

describe('early signs', () => {
  it('foretold goes on as the points did', () => {
    expect(
      foretold(
        [
          [0, 100],
          [1_000, 110],
          [2_000, 120],
        ],
        2_000,
        10_000,
      ),
    ).to.be.closeTo(220, 1e-6);
    expect(foretold([[0, 100]], 0, 1_000)).to.deep.equal(Number.NaN);
  });

  const fill = SIGNS.find(({ name }) => name.includes('JoblineBacklogNearBound'))!;
  const grows = SIGNS.find(({ name }) => name.includes('JoblineBacklogGrows'))!;
  const gateway = (second: number, waiting: number) =>
    scrape('gateway', second, `jobline_gate_waiting_jobs ${waiting}\njobline_gate_waiting_jobs_limit 1000\n`);

  it('a level counts from the first scrape above it, of its own service', () => {
    const scrapes = [gateway(1, 700), scrape('scheduler', 2, 'jobline_gate_waiting_jobs 900\n'), gateway(3, 801), gateway(4, 900)];
    expect(firstShown(fill, scrapes, 1_000)).to.equal(3_000);
    expect(firstShown(fill, [gateway(1, 800)], 1_000)).to.equal(undefined);
  });

  it('growth that reaches the bound within ten minutes is seen long before', () => {
    expect(firstShown(grows, [gateway(0, 0), gateway(1, 2)], 1_000)).to.equal(1_000);
    expect(firstShown(grows, [gateway(0, 0), gateway(1, 1)], 1_000)).to.equal(undefined);
  });
});

describe('metric checks', () => {
  it('a pair is near within the share or the least, whichever is more', () => {
    const limits = { share: 0.1, least: 5 };
    expect([1, 5, 6].map((truth) => isNear({ shown: 0, truth }, limits))).to.deep.equal([true, true, false]);
    expect([110, 111].map((shown) => isNear({ shown, truth: 100 }, limits))).to.deep.equal([true, false]);
    expect(isNear({ shown: Number.NaN, truth: 1 }, limits)).to.equal(false);
  });

  it('samples of the scheduler are compared with the moment when they were taken, each once', () => {
    const truth = new RecordTruth([record('a', 0, [8, 9], [9, 10]), record('b', 6, [8, 9], [9, 10])], 2);
    const sample = (second: number, age: number, queued: number) =>
      scrape('scheduler', second, `jobline_sample_age_seconds ${age}\njobline_jobs{stage="p1",lane="standard",state="queued"} ${queued}\n`);
    const scrapes = [sample(5, 1, 1), sample(6, 2, 1), sample(7.5, 0, 2)];
    const checks = metricChecks({ scrapes, looks: [], truth, fromMs: 0, toMs: 10_000 });
    const queued = checks.find(({ name }) => name === 'jobline_jobs, p1, queued')!;
    expect(queued.pairs).to.deep.equal([
      { shown: 1, truth: 1 },
      { shown: 2, truth: 2 },
    ]);
  });

  it('counters are compared by their growth, and bounds at every scrape', () => {
    const worker = (second: number, committed: number, held: number) =>
      scrape(
        'p1-worker',
        second,
        `jobline_stage_ends_total{outcome="committed"} ${committed}\njobline_bells_held ${held}\njobline_bells_held_limit 10\n`,
      );
    const scrapes = [worker(0, 5, 10), worker(9, 12, 11)];
    const counted = { accepted: 7, repeated: 0, refused: 0, retried: 0, leasesLost: 0, failed: 0 };
    const committed = counterChecks(scrapes, counted).find(({ name }) => name.includes('committed'));
    expect(committed).to.include({ shown: 7, truth: 7 });
    expect(boundChecks(scrapes).find(({ name }) => name.startsWith('jobline_bells_held'))).to.include({ most: 11, above: 1, scrapes: 2 });
  });
});
