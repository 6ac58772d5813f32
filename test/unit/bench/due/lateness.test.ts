import { expect } from 'chai';
import { type DueRecord, latenessOf, problemsOf } from '../../../bench/due/lateness.ts';
import { parseOptions } from '../../../bench/due/options.ts';

const DUE = new Date('2026-01-15T12:00:00Z');
const at = (ms: number) => new Date(DUE.getTime() + ms);
const job = (ms: number, more: Partial<DueRecord> = {}): DueRecord => ({
  runAt: DUE,
  state: 'COMPLETED',
  results: [
    { stage: 0, startedAt: at(ms) },
    { stage: 1, startedAt: at(ms + 5) },
  ],
  ...more,
});
const problems = (records: readonly DueRecord[], executedTwice = 0) =>
  problemsOf(latenessOf(records), { jobs: 2, limitMs: 250, executedTwice });

describe('bench:due', () => {
  it('starts in time, once each: nothing is wrong, and they are told in order', () => {
    expect(latenessOf([job(900), job(250)]).startsMs).to.deep.equal([250, 900]);
    expect(problems([job(900), job(250)])).to.deep.equal([]);
  });

  for (const [what, records, twice, said] of [
    ['a first start that is late', [job(251), job(300)], 0, 'not within 250 ms'],
    ['an early start', [job(-1), job(1)], 0, '1 started early'],
    ['a job without a start', [job(1), job(1, { results: [] })], 0, '1 of 2 jobs have a start'],
    ['a job that did not complete', [job(1), job(1, { state: 'QUEUED' })], 0, '1 did not complete'],
    [
      'two results of a stage',
      [job(1), job(1, { results: [0, 0].map((stage) => ({ stage, startedAt: at(1) })) })],
      0,
      '1 have two results',
    ],
    ['a stage that ran twice', [job(1), job(1)], 1, '1 stages ran twice'],
  ] as const)
    it(`${what}: is a problem`, () => {
      expect(problems(records, twice).join()).to.include(said);
    });

  it('an option out of its range: is refused by name, with what is allowed', () => {
    expect(() => parseOptions(['--schedulers', '9'])).to.throw('--schedulers is 9; it must be a whole number from 1 to 8');
    expect(() => parseOptions(['--jobs', 'x'])).to.throw('--jobs is x');
  });
});
