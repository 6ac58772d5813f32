import { expect } from 'chai';
import { defineJobType } from '../../../../shared/domain/pipeline.ts';
import { endTransition, nextBellAfter, type StageEnd } from '../../../../shared/domain/stage-end.ts';
import { cancel } from '../../../../shared/domain/transitions.ts';
import { record } from './job-record.ts';

const policy = { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 60_000 };
const type = defineJobType('job', [
  { name: 'p1', retry: policy },
  { name: 'p2', retry: { ...policy, maxAttempts: 1 } },
]);
const terms = { claim: 'c', token: 't', random: 0.5 };
const error = { code: 'broken', message: 'It broke.', errorClass: 'retry' as const };
const running = (more = {}) => record({ state: 'RUNNING', claim: 'c', attempt: 1, ...more });
const end = (one: StageEnd, more = {}) => endTransition(one, running(more), type, terms);

describe('endTransition', () => {
  it('done at a stage before the last, commits and rings the next stage', () => {
    const transition = end({ kind: 'done' });
    expect(transition).to.deep.include({ name: 'commit', inc: { stage: 1, gen: 1 } });
    expect(transition.set).to.include({ state: 'QUEUED', attempt: 0, crashes: 0 });
    expect(nextBellAfter(transition, running())).to.deep.equal({ gen: 4, stage: 1 });
  });

  it('done at the last stage, completes and rings nothing', () => {
    const transition = end({ kind: 'done' }, { stage: 1 });
    expect(transition.set).to.include({ state: 'COMPLETED' });
    expect(transition.set?.['expireAt']).to.deep.equal({ serverNowPlusMs: 30 * 86_400_000 });
    expect(nextBellAfter(transition, running({ stage: 1 }))).to.equal(undefined);
  });

  it('retry with attempts left, waits by backoff and rings nothing yet', () => {
    const transition = end({ kind: 'retry', error }, { attempt: 2 });
    expect(transition).to.have.property('name', 'fail');
    expect(transition.set?.['pub.due']).to.deep.equal({ serverNowPlusMs: 1_000 });
    expect(nextBellAfter(transition, running())).to.equal(undefined);
  });

  it("retry with a time of the handler's own, waits that long, at least 0 and at most a day", () => {
    const waits = [5_000, -1, 1e12].map((afterMs) => end({ kind: 'retry', error, afterMs }).set?.['pub.due']);
    expect(waits).to.deep.equal([{ serverNowPlusMs: 5_000 }, { serverNowPlusMs: 0 }, { serverNowPlusMs: 86_400_000 }]);
  });

  it('retry at the last attempt of the stage, or of the job, is a dead letter', () => {
    expect(end({ kind: 'retry', error }, { attempt: 3 }).name).to.equal('dead');
    expect(end({ kind: 'retry', error }, { attempt: 3, maxAttempts: 4 }).name).to.equal('fail');
    expect(end({ kind: 'retry', error }, { attempt: 2, maxAttempts: 2 }).name).to.equal('dead');
    expect(end({ kind: 'retry', error }, { stage: 1 }).name, 'the policy of the second stage').to.equal('dead');
  });

  it('reject, is a dead letter whatever attempts are left', () => {
    const transition = end({ kind: 'reject', error });
    expect(transition).to.have.property('name', 'dead');
    expect(transition.set).to.include({ state: 'FAILED', 'pub.to': 'dlq' });
  });

  it('release, takes the attempt back and rings the same stage, or later where asked', () => {
    const now = end({ kind: 'release' });
    expect(now).to.deep.include({ name: 'release', inc: { gen: 1, attempt: -1 } });
    expect(nextBellAfter(now, running())).to.deep.equal({ gen: 4, stage: 0 });
    expect(end({ kind: 'release', afterMs: 30_000 }).set?.['pub.due']).to.deep.equal({ serverNowPlusMs: 30_000 });
  });

  it('every end, holds for the claim that worked only, and is durable', () => {
    for (const one of [{ kind: 'done' }, { kind: 'retry', error }, { kind: 'reject', error }, { kind: 'release' }] as StageEnd[]) {
      expect(end(one).when).to.deep.equal({ state: 'RUNNING', claim: 'c' });
      expect(end(one).durability).to.equal('majority');
    }
  });

  it('a cancellation, rings nothing', () => {
    expect(nextBellAfter(cancel(1), running())).to.equal(undefined);
  });
});
