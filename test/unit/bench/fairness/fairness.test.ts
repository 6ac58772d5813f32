import { expect } from 'chai';
import { parseOptions } from '../../../bench/fairness/options.ts';
import { type Fairness, firstJobOf, problemsOf } from '../../../bench/fairness/waits.ts';

const CREATED = new Date('2026-01-15T12:00:00Z');
const at = (ms: number) => new Date(CREATED.getTime() + ms);
const results = [
  { stage: 0, startedAt: at(40), at: at(60) },
  { stage: 1, startedAt: at(90), at: at(110) },
];
const whole: Fairness = {
  firstJobs: [{ firstStageMs: 40, secondStageMs: 30 }],
  queuedBefore: 100,
  queuedAfter: 50,
  completedMeanwhile: 50,
};
const problems = (more: Partial<Fairness>) => problemsOf({ ...whole, ...more }, { jobs: 100, limitMs: 2_000 });

describe('bench:fairness', () => {
  it('a first job: waits for its first stage from its submission, for its second from the commit of the first', () => {
    expect(firstJobOf({ state: 'COMPLETED', createdAt: CREATED, results })).to.deep.equal({ firstStageMs: 40, secondStageMs: 30 });
    expect(firstJobOf({ state: 'QUEUED', createdAt: CREATED, results: [] })).to.deep.equal({});
  });

  it('everything in time while the one tenant still waits: nothing is wrong', () => {
    expect(problems({})).to.deep.equal([]);
  });

  for (const [what, more, said] of [
    ['a late start', { firstJobs: [{ firstStageMs: 2_001, secondStageMs: 1 }] }, '1 of 1 first jobs had not started within 2000 ms'],
    ['no start', { firstJobs: [{}] }, '1 of 1 first jobs had not started'],
    ['a late second stage', { firstJobs: [{ firstStageMs: 1, secondStageMs: 3_000 }] }, '1 of 1 had not started at their second stage'],
    ['too few that are queued', { queuedBefore: 99 }, '99 jobs were queued, not 100'],
    ['a queue that ran dry', { queuedAfter: 0 }, 'nothing was queued any more'],
    ['a tenant that stands still', { completedMeanwhile: 0 }, 'none of the jobs that were queued first ended'],
  ] as const)
    it(`${what}: is a problem`, () => {
      expect(problems(more).join()).to.include(said);
    });

  it('an option out of its range: is refused by name, with what is allowed', () => {
    expect(() => parseOptions(['--jobs', '99'])).to.throw('--jobs is 99; it must be a whole number from 100');
    expect(() => parseOptions(['--lane', 'overflow'])).to.throw('--lane is overflow; it must be one of express, standard, bulk');
  });
});
