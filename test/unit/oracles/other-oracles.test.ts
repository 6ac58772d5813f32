import { expect } from 'chai';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { checkDeadLetters, type Letter } from '../../oracles/dead-letters.ts';
import { checkEffects, type Effect } from '../../oracles/effects.ts';
import { checkFinalState } from '../../oracles/final-state.ts';
import { type Change, HistoryObserver } from '../../oracles/history-observer.ts';
import { type ChainLink, checkResultChain } from '../../oracles/result-chain.ts';
import { verdictOf } from '../../oracles/verdict.ts';
import { AT_MS, at, type Fields, LEGAL, withFields } from './legal-changes.ts';

const done = withFields(LEGAL.commit_last.after, {
  evt: { seq: 2 },
  results: [
    { stage: 0, run: 0, epoch: 1, claim: 'a', at: at(-9) },
    { stage: 1, run: 0, epoch: 2, claim: 'b', at: at(0) },
  ],
});
const failed = withFields(LEGAL.dead.after, { evt: { seq: 2 }, pub: { at: at(0), by: 'x' } });

describe('final state', () => {
  const check = (fields: Fields, more: object = {}) =>
    checkFinalState({ accepted: ['job'], records: [withFields(done, fields)], stagesOf: () => 2, ...more });
  const rulesOf = (fields: Fields, more?: object) => check(fields, more).violations.map(({ rule }) => rule.slice('final: '.length));

  it('of an accepted job that completed is good', () => {
    const { violations, lost, accepted, counts } = check({});
    expect({ violations, lost, accepted, completed: counts.COMPLETED }).to.deep.equal({
      violations: [],
      lost: 0,
      accepted: 1,
      completed: 1,
    });
  });

  it('names a job that is gone, and one that has not ended, as lost', () => {
    expect(checkFinalState({ accepted: ['job'], records: [], stagesOf: () => 2 }).lost).to.equal(1);
    expect(check({ state: 'QUEUED' }).lost).to.equal(1);
    expect(rulesOf({ state: 'QUEUED' })).to.deep.equal(['an accepted job ends']);
  });

  const bad: readonly [string, Fields][] = [
    ['only accepted jobs are in the database', { id: 'other' }],
    ['each job ends as it should', { state: 'CANCELED', stage: 2 }],
    ['an ended job comes to owe nothing', { evt: { seq: 2, due: at(0) } }],
    ['an ended job comes to owe nothing', { pub: { due: at(0) } }],
    ['results are those of the stages done, each once', { results: done.results.slice(1) }],
    ['results are those of the stages done, each once', { results: [...done.results, done.results[1]!] }],
  ];
  for (const [rule, fields] of bad) {
    it(`finds a state that breaks "${rule}": ${JSON.stringify(fields).slice(0, 60)}`, () => {
      expect(rulesOf(fields)).to.include(rule);
    });
  }

  it('allows what the test says: a job whose client got no answer, another end', () => {
    expect(checkFinalState({ accepted: [], records: [done], stagesOf: () => 2, mayExist: () => true }).violations).to.deep.equal([]);
    expect(
      checkFinalState({ accepted: ['job'], records: [failed], stagesOf: () => 2, expected: () => ['FAILED'] }).violations,
    ).to.deep.equal([]);
  });
});

describe('result chain', () => {
  const link = (stage: number, claim: string, more: Partial<ChainLink> = {}): ChainLink => ({
    jobId: 'job',
    stage,
    claim,
    sha256: `of ${claim}`,
    ...more,
  });

  it('of committed claims is good, whatever others wrote', () => {
    const links = [link(0, 'zombie'), link(0, 'a'), link(1, 'b', { previous: 'of a' }), link(1, 'zombie', { previous: 'of zombie' })];
    expect(checkResultChain([done], links)).to.deep.equal([]);
  });

  it('finds a stage that read what was not committed, and an output that is missing', () => {
    expect(checkResultChain([done], [link(0, 'a'), link(1, 'b', { previous: 'of zombie' })])).to.have.length(1);
    expect(checkResultChain([done], [link(0, 'zombie'), link(1, 'b', { previous: 'of a' })])).to.have.length(2);
  });
});

describe('effects outside', () => {
  const claimed: Change = { ...LEGAL.claim, before: LEGAL.claim.before, atMs: AT_MS };
  const effect = (more: Partial<Effect> = {}): Effect => ({ key: 'job:1:2', jobId: 'job', stage: 1, run: 2, atMs: AT_MS + 10, ...more });
  const start = { ...LEGAL.take, atMs: AT_MS - 5 };
  const whole = [start, { ...claimed, before: start.after }, { ...LEGAL.commit, before: claimed.after!, atMs: AT_MS + 20 }];

  function check(effects: readonly Effect[], changes: readonly Change[] = whole, more: object = {}) {
    const observer = new HistoryObserver();
    for (const change of changes) observer.note(change);
    return checkEffects({ effects, jobs: observer.jobs, leaseMs: 100, hasEffect: (_, stage) => stage > 0, ...more });
  }
  const rulesOf = (...given: Parameters<typeof check>) => check(...given).violations.map(({ rule }) => rule.slice('effects: '.length));

  it('of the committed claim are good, repeated ones too', () => {
    expect(check([effect({ claim: 'mine' }), effect()])).to.deep.equal({ keys: 1, reExecuted: 1, duplicates: 0, violations: [] });
  });

  it('find a commit without its effect, and one whose effect another claim had', () => {
    expect(rulesOf([])).to.deep.equal(['a committed stage had its effect']);
    expect(rulesOf([effect({ claim: 'zombie' })])).to.include('a committed stage had its effect');
  });

  it('find what runs unclaimed, before its claim, before it was due, and in a job that nobody knows', () => {
    expect(rulesOf([effect(), effect({ claim: 'zombie' })])).to.deep.equal(['nothing is started unclaimed']);
    expect(rulesOf([effect(), effect({ atMs: AT_MS - 1 })])).to.deep.equal(['nothing is started unclaimed']);
    expect(rulesOf([effect(), effect({ atMs: AT_MS - 6 })], whole, { mayRunUnclaimed: () => true })).to.deep.equal([
      'nothing is started before it was due',
    ]);
    expect(rulesOf([effect(), effect({ jobId: 'another', key: 'another:1:2' })])).to.deep.equal(['only of jobs in the history']);
  });

  it('find one that comes later than a cancel and the lease, and none within it', () => {
    const canceled = [start, { ...claimed, before: start.after }, { ...LEGAL.cancel, before: claimed.after!, atMs: AT_MS + 20 }];
    expect(rulesOf([effect({ atMs: AT_MS + 120 })], canceled)).to.deep.equal([]);
    expect(rulesOf([effect({ atMs: AT_MS + 121 })], canceled)).to.deep.equal(['none later than an end and the lease']);
  });

  it('count what a receiver would take twice: two keys of one stage and run, or one key of two', () => {
    expect(check([effect(), effect({ key: 'job:1:2b' })]).duplicates).to.equal(1);
    expect(check([effect(), effect({ stage: 0 })]).duplicates).to.equal(1);
  });

  it('of a claim that a fail-over took back are no violation', () => {
    const observer = new HistoryObserver();
    observer.note(start);
    observer.note({ ...claimed, before: start.after });
    observer.rolledBack('job', start.after);
    const { violations } = checkEffects({ effects: [effect()], jobs: observer.jobs, leaseMs: 100, hasEffect: () => false });
    expect(violations).to.deep.equal([]);
  });
});

describe('dead letters', () => {
  const letter: Letter = { stage: failed.stage, id: 'job', gen: failed.gen };
  const records: readonly JobRecord[] = [failed, withFields(done, { id: 'done' })];
  const rulesOf = (letters: readonly Letter[], unreadable: readonly string[] = []) =>
    checkDeadLetters({ letters, records, unreadable }).map(({ rule }) => rule.slice('dead letters: '.length));

  it('of each failed job, and the messages that nobody can read, are good', () => {
    expect(rulesOf([letter, { unreadable: 'x' }], ['x'])).to.deep.equal([]);
  });

  it('find what is missing, doubled, out of date or not to be there', () => {
    expect(rulesOf([])).to.deep.equal(['one of each failed job']);
    expect(rulesOf([letter, letter])).to.deep.equal(['each once']);
    expect(rulesOf([letter, { ...letter, gen: 1 }])).to.deep.equal(['only of failed jobs as they are now']);
    expect(rulesOf([letter, { ...letter, id: 'done' }])).to.deep.equal(['only of failed jobs as they are now']);
    expect(rulesOf([letter], ['x'])).to.deep.equal(['what nobody can read stays to be looked at']);
    expect(rulesOf([letter, { unreadable: 'x' }])).to.deep.equal(['nothing unreadable that nobody sent']);
  });
});

describe('verdict', () => {
  const observer = new HistoryObserver();
  const final = checkFinalState({ accepted: ['job'], records: [done], stagesOf: () => 2 });
  const effects = checkEffects({ effects: [], jobs: new Map(), leaseMs: 1 });

  it('closes with the line that scripts read', () => {
    const { closingLine, lines, isGood } = verdictOf({ observer, final, effects, fenced: 3, drainedAfterMs: 1_500 });
    expect(closingLine).to.equal('0 lost, 0 duplicate effects, 1 accepted, 0 re-executed, 3 fenced');
    expect(lines.at(-1)).to.equal(closingLine);
    expect(lines).to.include(`${'drained after the last fault'.padEnd(28)} ${'1.5 s'.padStart(8)}`);
    expect(isGood).to.equal(true);
  });

  it('is bad for one violation of any oracle, and names it', () => {
    const others = checkDeadLetters({ letters: [], records: [failed], unreadable: [] });
    const { isGood, lines } = verdictOf({ observer, final, effects, fenced: 0, drainedAfterMs: 0, others });
    expect(isGood).to.equal(false);
    expect(lines.filter((line) => line.startsWith('violation: '))).to.have.length(1);
    const lost = checkFinalState({ accepted: ['job'], records: [], stagesOf: () => 2 });
    expect(verdictOf({ observer, final: lost, effects, fenced: 0, drainedAfterMs: 0 }).closingLine).to.match(/^1 lost, /);
  });
});
