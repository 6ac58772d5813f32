import { expect } from 'chai';
import fc from 'fast-check';
import { BacklogRate } from '../../../../../shared/domain/eta/backlog-rate.ts';
import { Durations } from '../../../../../shared/domain/eta/durations.ts';
import { EtaCalibration } from '../../../../../shared/domain/eta/eta-calibration.ts';
import { PredictionBook } from '../../../../../shared/domain/eta/prediction-book.ts';
import { queuePosition } from '../../../../../shared/domain/eta/queue-position.ts';
import { type JobPlace, remainingTime, type StageOutlook } from '../../../../../shared/domain/eta/remaining-time.ts';
import { StageHistory } from '../../../../../shared/domain/eta/stage-history.ts';
import { record } from '../job-record.ts';

const NOW = new Date('2026-01-15T13:00:00Z');
const at = (second: number) => new Date(NOW.getTime() - 3_600_000 + second * 1_000);

describe('Durations', () => {
  it('of one that begins: the nearest ranks; of one under way: what is left of those that took longer', () => {
    const durations = new Durations([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(durations.spread()).to.deep.equal({ p50Ms: 5, p90Ms: 9 });
    expect(durations.left(8)).to.deep.equal({ p50Ms: 1, p90Ms: 2 });
    expect(durations.left(100)).to.deep.equal({ p50Ms: 50, p90Ms: 200 });
    expect([new Durations([]).spread(), new Durations([]).left(1)]).to.deep.equal([undefined, undefined]);
  });
});

describe('queuePosition', () => {
  it('a short queue: the exact place; a job that came after the sample: not known', () => {
    const queue = { count: 3, rung: 2, order: { ids: ['a', 'b', 'c'] } };
    expect(['a', 'b', 'c', 'd'].map((id) => queuePosition(record({ id }), queue, NOW))).to.deep.equal([1, 2, 3, undefined]);
  });

  it('a long queue: interpolated between marks; those without a mark behind, by age', () => {
    const bands = [0, 100, 200].map((second) => ({ from: at(second), to: at(second + 100), count: 100 }));
    const unmarked = { first: record({ createdAt: at(300) }), last: record({ createdAt: at(400) }) };
    const queue = { count: 400, rung: 300, order: { bands, unmarked } };
    const marked = (second: number) => queuePosition(record({ pub: { at: at(second) } }), queue, NOW);
    expect([marked(0), marked(50), marked(100), marked(250), marked(300)]).to.deep.equal([1, 50, 101, 250, 301]);
    const waiting = (second: number) => queuePosition(record({ createdAt: at(second) }), queue, NOW);
    expect([waiting(300), waiting(350), waiting(400)]).to.deep.equal([301, 350, 400]);
    expect(queuePosition(record({ pub: { at: at(9_999) } }), queue, NOW)).to.equal(undefined);
    expect(queuePosition(record({ createdAt: at(9_999) }), queue, NOW)).to.equal(undefined);
  });

  it('whatever the marks: within the queue, later marks never before earlier ones, off by at most a band and its ties', () => {
    const seconds = fc.array(fc.nat(500), { minLength: 1, maxLength: 400 }).map((all) => all.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(seconds, (marks) => {
        const size = Math.ceil(marks.length / 10);
        const starts = marks.filter((_, index) => index % size === 0);
        // As $bucketAuto cuts: equal values stand in one band.
        const edges = [...new Set(starts)];
        const bands = edges.map((from, index) => {
          const to = edges[index + 1];
          const inside = marks.filter((mark) => mark >= from && (to === undefined || mark < to));
          return { from: at(from), to: at(to ?? inside.at(-1)!), count: inside.length };
        });
        const queue = { count: marks.length, rung: marks.length, order: { bands } };
        const places = marks.map((mark) => queuePosition(record({ pub: { at: at(mark) } }), queue, NOW)!);
        for (const [index, place] of places.entries()) {
          expect(place).to.be.within(1, marks.length);
          expect(place).to.be.at.least(places[index - 1] ?? 1);
          const band = bands.findLast(({ from }) => from <= at(marks[index]!))!;
          expect(Math.abs(place - (index + 1))).to.be.at.most(band.count);
        }
      }),
    );
  });
});

describe('BacklogRate', () => {
  it('a queue that never empties: its rate, of about a minute; one that empties teaches nothing', () => {
    const rate = new BacklogRate();
    expect(rate.drainMs(1)).to.equal(undefined);
    rate.note({ waited: 5, gone: 5, duringMs: 2_000 });
    expect([rate.isBacklogged, rate.drainMs(1)]).to.deep.equal([false, undefined]);
    for (let sample = 0; sample < 100; sample += 1) rate.note({ waited: 1_000, gone: 4, duringMs: 2_000 });
    expect(rate.isBacklogged).to.equal(true);
    expect(rate.drainMs(100)!).to.be.closeTo(50_000, 1);
    for (let sample = 0; sample < 200; sample += 1) rate.note({ waited: 1_000, gone: 8, duringMs: 2_000 });
    expect(rate.drainMs(100)!).to.be.closeTo(25_000, 100);
    rate.note({ waited: 0, gone: 0, duringMs: 2_000 });
    expect(rate.isBacklogged).to.equal(false);
  });

  it('nothing leaves: infinitely long', () => {
    const rate = new BacklogRate();
    rate.note({ waited: 5, gone: 0, duringMs: 2_000 });
    expect(rate.drainMs(1)).to.equal(Number.POSITIVE_INFINITY);
  });
});

describe('StageHistory', () => {
  it('completed jobs: work by type and stage, waits by lane and stage, none of a wait that a replay lies in', () => {
    const result = (stage: number, from: number, to: number, run = 0) => ({
      stage,
      run,
      epoch: 1,
      claim: 'c',
      startedAt: at(from),
      at: at(to),
    });
    const job = record({ state: 'COMPLETED', createdAt: at(0), results: [result(0, 2, 5), result(1, 9, 10)] });
    const replayed = record({ state: 'COMPLETED', createdAt: at(0), results: [result(0, 2, 5), result(1, 900, 901, 1)] });
    const history = new StageHistory([job, replayed, record({ state: 'FAILED', createdAt: at(0), results: [result(0, 0, 99)] })]);
    expect(history.service('job', 0).spread()).to.deep.equal({ p50Ms: 3_000, p90Ms: 3_000 });
    expect(history.waits('standard', 0).count).to.equal(2);
    expect(history.waits('standard', 1).spread()).to.deep.equal({ p50Ms: 4_000, p90Ms: 4_000 });
    expect(history.service('other', 0).count).to.equal(0);
  });
});

const outlook = (more: Partial<StageOutlook> = {}): StageOutlook => ({
  service: new Durations([1_000, 1_000]),
  waits: new Durations([10, 10]),
  queued: 0,
  isBacklogged: false,
  drainMs: () => undefined,
  ...more,
});

describe('remainingTime', () => {
  const waiting = (position: number, dueInMs = 0): JobPlace => ({ kind: 'waiting', stage: 0, position, dueInMs });

  it('an idle system: recent waits and the work of all stages', () => {
    expect(remainingTime(waiting(1), [outlook(), outlook()])).to.deep.equal({ p50Ms: 2_020, p90Ms: 2_020 });
  });

  it('a backlog: its own place by the rate; the second stage counts all that come before', () => {
    const slow = outlook({ queued: 50, isBacklogged: true, drainMs: (jobs) => jobs * 100 });
    expect(remainingTime(waiting(20), [slow, outlook()])!.p50Ms).to.equal(2_000 + 1_000 + 10 + 1_000);
    expect(remainingTime(waiting(20), [slow, slow])!.p50Ms).to.equal((20 + 50) * 100 + 1_000);
    expect(remainingTime(waiting(20, 60_000), [slow, outlook()])!.p50Ms).to.equal(60_000 + 1_000 + 10 + 1_000);
  });

  it('a running job: what has run counts', () => {
    const stage = outlook({ service: new Durations([1_000, 5_000, 5_000]) });
    expect(remainingTime({ kind: 'running', stage: 0, elapsedMs: 2_000 }, [stage])).to.deep.equal({ p50Ms: 3_000, p90Ms: 3_000 });
  });

  it('what is not known: nothing is said', () => {
    const nothing = new Durations([]);
    expect(remainingTime(waiting(1), [outlook({ service: nothing })])).to.equal(undefined);
    expect(remainingTime(waiting(1), [outlook({ waits: nothing })])).to.equal(undefined);
    expect(remainingTime(waiting(21), [outlook()]), 'a burst').to.equal(undefined);
    expect(remainingTime(waiting(1), [outlook({ isBacklogged: true, drainMs: () => Number.POSITIVE_INFINITY })])).to.equal(undefined);
  });

  it('whatever is known: p90 is not before p50, and a place further back is not earlier', () => {
    const list = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 20 });
    const stage = fc.record({ service: list, waits: list, queued: fc.nat(500), isBacklogged: fc.boolean(), perJobMs: fc.nat(1_000) });
    fc.assert(
      fc.property(
        fc.array(stage, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.nat(100_000),
        (given, position, dueInMs) => {
          const stages = given.map(({ perJobMs, service, waits, ...rest }) => ({
            ...rest,
            service: new Durations(service),
            waits: new Durations(waits),
            drainMs: (jobs: number) => jobs * perJobMs,
          }));
          const near = remainingTime(waiting(position, dueInMs), stages)!;
          expect(near.p50Ms).to.be.at.least(dueInMs);
          expect(near.p90Ms).to.be.at.least(near.p50Ms);
          if (stages[0]!.isBacklogged) expect(remainingTime(waiting(position + 1, dueInMs), stages)!.p50Ms).to.be.at.least(near.p50Ms);
        },
      ),
    );
  });
});

describe('EtaCalibration', () => {
  const note = (calibration: EtaCalibration, actualMs: number, isTeaching = true) => {
    const predicted = { p50Ms: 100, p90Ms: 100 };
    calibration.note({ group: 'g', predicted, shown: calibration.scale('g', predicted), actualMs, isTeaching });
  };

  it('fewer than 50 outcomes: predictions are shown as they are; from then on by their median and 90 % quantile', () => {
    const calibration = new EtaCalibration();
    for (let n = 1; n < 50; n += 1) note(calibration, n * 10);
    expect(calibration.scale('g', { p50Ms: 100, p90Ms: 100 })).to.deep.equal({ p50Ms: 100, p90Ms: 100 });
    note(calibration, 500);
    const { p50Ms, p90Ms } = calibration.scale('g', { p50Ms: 100, p90Ms: 100 });
    expect(p50Ms).to.be.closeTo(260, 1e-9);
    expect(p90Ms).to.be.closeTo(460, 1e-9);
    expect(calibration.scale('other', { p50Ms: 100, p90Ms: 100 })).to.deep.equal({ p50Ms: 100, p90Ms: 100 });
  });

  it('outcomes that are not to teach: are counted and change nothing', () => {
    const calibration = new EtaCalibration();
    for (let n = 0; n < 100; n += 1) note(calibration, 1_000, false);
    expect(calibration.scale('g', { p50Ms: 100, p90Ms: 100 })).to.deep.equal({ p50Ms: 100, p90Ms: 100 });
    expect(calibration.figures).to.deep.equal({ ended: { by_p50: 0, by_p90: 0, later: 100 }, withinP50: 0, withinP90: 0, groups: [] });
  });

  it('predictions that are wrong by any constant factor: come right, within 0.84 to 0.96 of them by the p90', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (factor, chances) => {
          const calibration = new EtaCalibration();
          const draws = chances[Symbol.iterator]();
          let [within, all] = [0, 0];
          for (let n = 0; n < 1_500; n += 1) {
            const actualMs = factor * 1_000 * (0.5 + draws.next().value);
            const predicted = { p50Ms: 1_000, p90Ms: 1_500 };
            const shown = calibration.scale('g', predicted);
            calibration.note({ group: 'g', predicted, shown, actualMs, isTeaching: true });
            if (n < 500) continue;
            all += 1;
            if (actualMs <= shown.p90Ms) within += 1;
          }
          expect(within / all).to.be.within(0.84, 0.96);
        },
      ),
      { numRuns: 5, seed: 1 },
    );
  });
});

describe('PredictionBook', () => {
  const spread = { p50Ms: 1_000, p90Ms: 2_000 };
  const done = (id: string, afterMs: number, more = {}) => ({
    id,
    run: 0,
    state: 'COMPLETED' as const,
    doneAt: new Date(afterMs),
    ...more,
  });

  it('a job asked for often: counts once a phase, by its first prediction', () => {
    const book = new PredictionBook();
    for (const nowMs of [0, 500, 900]) book.predict({ id: 'a', run: 0 }, 'g', spread, nowMs);
    expect(book.remembered).to.equal(1);
    book.settle(done('a', 1_500));
    book.settle(done('a', 1_500));
    expect([book.remembered, book.calibration.figures.ended]).to.deep.equal([0, { by_p50: 0, by_p90: 1, later: 0 }]);
  });

  it('a job that failed, or was run again: tells nothing', () => {
    const book = new PredictionBook();
    book.predict({ id: 'a', run: 0 }, 'g', spread, 0);
    book.settle(done('a', 1, { state: 'FAILED' }));
    book.predict({ id: 'b', run: 0 }, 'g', spread, 0);
    book.settle(done('b', 1, { run: 1 }));
    expect([book.remembered, book.calibration.figures.ended]).to.deep.equal([0, { by_p50: 0, by_p90: 0, later: 0 }]);
  });

  it('more than it may remember: the new ones are shown and not remembered; each is looked at in turn', () => {
    const book = new PredictionBook();
    for (let n = 0; n < 3_000; n += 1) expect(book.predict({ id: String(n), run: 0 }, 'g', spread, 0)).to.deep.equal(spread);
    expect(book.remembered).to.equal(2_000);
    const seen = [...book.next(1_500), ...book.next(500)];
    expect(new Set(seen).size).to.equal(2_000);
    expect(book.next(1)).to.deep.equal(['0']);
  });
});
