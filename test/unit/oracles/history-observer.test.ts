import { expect } from 'chai';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { DELETE_RULES, INSERT_RULES } from '../../oracles/birth-rules.ts';
import { type Change, HistoryObserver } from '../../oracles/history-observer.ts';
import { STANDING_RULES } from '../../oracles/standing-rules.ts';
import { AT_MS, at, type Fields, LEGAL, LEGAL_DELETE, LEGAL_INSERT, withFields } from './legal-changes.ts';

function observe(...changes: readonly Change[]): HistoryObserver {
  const observer = new HistoryObserver();
  for (const change of changes) observer.note(change);
  return observer;
}

const rulesOf = (observer: HistoryObserver): readonly string[] => observer.violations.map(({ rule }) => rule);
const follow = (before: JobRecord, fields: Fields): Change => ({ id: 'job', before, after: withFields(before, fields), atMs: AT_MS });

const BAD_INSERTS: Readonly<Record<string, Fields>> = {
  'QUEUED, or SCHEDULED until run_at': { runAt: at(60_000), pub: { due: at(60_000), by: 'first' } },
  'counters at their start': { gen: 2 },
  'a debt with a token': { pub: { due: at(15_000) } },
  'due at run_at, or after its creation': { state: 'SCHEDULED', runAt: at(60_000) },
  'nothing of a later state': { claim: 'c' },
};

const BAD_DELETES: Readonly<Record<string, Fields>> = {
  'only ended jobs are removed': { state: 'RETRY_WAIT' },
  'not before expireAt': { expireAt: at(1) },
};

const { claim, commit, cancel, mark, dead } = LEGAL;
const BAD_STANDING: Readonly<Record<string, Change>> = {
  'an active job owes a bell, is held under a lease, or has a bell that was rung': follow(mark.after, { pub: undefined }),
  'active is there until the end, and no longer': follow(claim.before, { active: undefined }),
  'only a running job is held': follow(claim.before, { claim: 'c' }),
  'an ended job has its times, an active one has none': follow(claim.before, { expireAt: at(5) }),
  'only a failed job owes a dead letter': follow(claim.before, { pub: { due: at(0), by: 'new', to: 'dlq' } }),
  'gen, epoch and run never go back': follow(claim.before, { epoch: 3 }),
  'stage goes back only by a replay': follow(claim.before, { stage: 0 }),
  'nothing leaves an end but a replay': follow(cancel.after, { state: 'RETRY_WAIT' }),
  'epochs of results rise': follow(commit.after, { results: [...commit.after.results].reverse() }),
};

describe('history observer', () => {
  it('a first write and a removal, made by hand from the page, are legal', () => {
    expect(observe(LEGAL_INSERT).violations).to.deep.equal([]);
    expect(observe(LEGAL_DELETE).violations).to.deep.equal([]);
  });

  it('knows an illegal history for each rule on inserts, removals and standing records', () => {
    expect(Object.keys(BAD_INSERTS)).to.deep.equal(INSERT_RULES.map(({ name }) => name));
    expect(Object.keys(BAD_DELETES)).to.deep.equal(DELETE_RULES.map(({ name }) => name));
    expect(Object.keys(BAD_STANDING)).to.deep.equal(STANDING_RULES.map(({ name }) => name));
  });

  for (const [name, fields] of Object.entries(BAD_INSERTS)) {
    it(`finds an insert that breaks "${name}"`, () => {
      expect(rulesOf(observe({ ...LEGAL_INSERT, after: withFields(LEGAL_INSERT.after, fields) }))).to.include(`insert: ${name}`);
    });
  }

  for (const [name, fields] of Object.entries(BAD_DELETES)) {
    it(`finds a removal that breaks "${name}"`, () => {
      expect(rulesOf(observe({ ...LEGAL_DELETE, before: withFields(LEGAL_DELETE.before, fields) }))).to.include(`delete: ${name}`);
    });
  }

  for (const [name, change] of Object.entries(BAD_STANDING)) {
    it(`finds a record that breaks "${name}"`, () => {
      expect(rulesOf(observe(change))).to.include(`always: ${name}`);
    });
  }

  const unknown: readonly [string, Change][] = [
    ['a claim of a job that waits', follow(LEGAL.take.before, { ...claim.after, epoch: 5 })],
    ['a failure of a job that nobody holds', follow(claim.before, { ...dead.after })],
    ['a replay of a completed job', follow(LEGAL.commit_last.after, { state: 'QUEUED', run: 3, active: true })],
    ['a canceled job that completes', follow(cancel.after, { state: 'COMPLETED' })],
    ['another lane', follow(claim.before, { lane: 'bulk' })],
    ['a holder replaced by another', follow(claim.after, { claim: 'thief', owner: 'w:2' })],
    ['a job put back to waiting', follow(claim.before, { state: 'SCHEDULED' })],
    ['a removed record that nobody had seen', { id: 'job', atMs: AT_MS }],
  ];
  for (const [what, change] of unknown) {
    it(`calls ${what} an unknown change`, () => {
      expect(rulesOf(observe(change))).to.include('unknown change');
    });
  }

  it('says which job, which rule and what was seen', () => {
    const [violation] = observe({ ...commit, after: withFields(commit.after, { gen: 7 }) }).violations;
    expect(violation).to.deep.equal({ rule: 'commit: gen+1', jobId: 'job', detail: 'gen: 7 → 7' });
  });

  it('takes a write that changed nothing as none', () => {
    const observer = observe({ ...claim, after: structuredClone(claim.before) });
    expect(observer.violations).to.deep.equal([]);
    expect(observer.count('claim')).to.equal(0);
  });

  it('finds a change that was not reported', () => {
    expect(rulesOf(observe(claim, { ...commit, before: withFields(claim.after, { progress: 0.3 }) }))).to.include(
      'history: each change begins where the last one ended',
    );
  });

  it('finds a removed job that is back', () => {
    expect(rulesOf(observe(LEGAL_DELETE, LEGAL_INSERT))).to.deep.equal(['history: a job that was removed does not come back']);
  });

  it('finds a second commit of a stage of the run, when the first was made to vanish', () => {
    const started = follow(claim.after, { results: [] });
    const again = { ...claim, before: claim.before, after: withFields(claim.after, { claim: 'second' }) };
    const second = follow(withFields(again.after, {}), {
      ...LEGAL.commit.after,
      results: [...again.after.results, { ...commit.after.results.at(-1)!, claim: 'second' }],
    });
    expect(rulesOf(observe(started, commit, again, second))).to.include('commit: one commit a stage and run');
  });

  it('forgets what a fail-over took back: the same claim and the same debt may be made again', () => {
    const observer = observe(claim);
    observer.rolledBack('job', claim.before);
    observer.note(claim);
    observer.rolledBack('job', claim.before);
    observer.note(LEGAL.owe_again);
    observer.rolledBack('job', claim.before);
    observer.note(LEGAL.owe_again);
    expect(observer.violations).to.deep.equal([]);
    expect(observer.jobs.get('job')!.rolledBackClaims).to.have.length(2);
  });

  it('still finds a commit under a claim that a fail-over took back', () => {
    const observer = observe(claim);
    observer.rolledBack('job', claim.before);
    observer.note({ ...commit, before: withFields(claim.after, {}) });
    expect(rulesOf(observer)).to.include('history: each change begins where the last one ended');
  });

  it('remembers claims, commits and turns of a job, the fused ones too', () => {
    const { jobs } = observe(LEGAL.fused_last);
    const { claims, commits, turns } = jobs.get('job')!;
    expect(claims).to.deep.equal([{ claim: 'mine', epoch: 5, stage: 1, run: 2, atMs: AT_MS, kind: 'fused' }]);
    expect(commits.map(({ stage, epoch }) => [stage, epoch])).to.deep.equal([
      [0, 3],
      [1, 5],
    ]);
    expect(turns.map(({ state }) => state)).to.deep.equal(['QUEUED', 'COMPLETED']);
  });
});
