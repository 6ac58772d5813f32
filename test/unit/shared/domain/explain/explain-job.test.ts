import { expect } from 'chai';
import fc from 'fast-check';
import type { ExplainFacts } from '../../../../../shared/domain/explain/explain-facts.ts';
import { explainJob, REASONS } from '../../../../../shared/domain/explain/explain-job.ts';
import { ACTIVE_STATES, type JobRecord, type JobState, TERMINAL_STATES } from '../../../../../shared/domain/job.ts';
import { defineJobType } from '../../../../../shared/domain/pipeline.ts';
import { record } from '../job-record.ts';

const NOW = new Date('2026-01-15T12:10:00Z');
const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 0, 15, 12, minute, second));
const ERR = { code: 'stage_timeout', message: 'Process 1 timed out.', errorClass: 'timeout' } as const;
const type = defineJobType('job', [{ name: 'p1' }, { name: 'p2' }]);

function explain(job: Partial<JobRecord>, more: Partial<ExplainFacts> = {}) {
  return explainJob({ record: record(job), type, now: NOW, queue: 'jobline.p1.standard', canPublish: true, ...more });
}
const codes = (...args: Parameters<typeof explain>) => explain(...args).reasons.map(({ code }) => code);
const ended = (state: JobState, more: Partial<JobRecord> = {}): Partial<JobRecord> => ({
  state,
  active: undefined as never,
  doneAt: at(9),
  expireAt: at(59),
  ...more,
});

describe('explainJob', () => {
  it('a queued job with a live consumer: waits for its turn, with its place', () => {
    const { summary, reasons, next } = explain(
      { pub: { at: at(1) } },
      { consumers: { live: 1, lastSeenAt: NOW }, position: 3, broker: { ready: 7, unacked: 2, consumers: 1 } },
    );
    expect(summary).to.equal('The job waits for its turn at Process 1 since 2026-01-15T12:00:00Z, at position 3 of lane standard.');
    expect(reasons).to.have.length(1);
    expect(reasons[0]).to.deep.include({ code: 'waiting_for_turn', since: at(0) });
    expect(reasons[0]!.evidence).to.deep.equal({
      stage: 'p1',
      lane: 'standard',
      queue: 'jobline.p1.standard',
      queuePosition: 3,
      messagesReady: 7,
      messagesUnacked: 2,
      consumers: 1,
    });
    expect(next).to.contain('when it is its turn');
  });

  it('a queued job that a pause holds back: says so first, for each kind of pause, and nothing of consumers', () => {
    const pause = { id: 'x', reason: 'we move.', by: 'ops', createdAt: at(2), token: 't' };
    const said = (selector: object, more: object = {}) => explain({}, { pause: { ...pause, selector, ...more }, consumers: { live: 0 } });
    expect(said({ stage: 'p1' }).summary).to.equal('Process 1 is paused until an operator resumes it, by ops, because: we move.');
    expect(said({}, { until: at(30) }).summary).to.equal('All work is paused until 2026-01-15T12:30:00Z, by ops, because: we move.');
    expect(said({ type: 'job', tenant: 'acme' }).summary).to.match(/^Work for jobs of type job of tenant acme is paused/);
    expect(said({ stage: 'p1', type: 'job' }).summary).to.match(/^Process 1 for jobs of type job is paused/);
    expect(said({}).reasons.map(({ code }) => code)).to.deep.equal(['paused', 'waiting_for_turn']);
    expect(said({}).reasons[0]!.evidence).to.deep.include({ pauseId: 'x', pausedBy: 'ops', pauseReason: 'we move.' });
  });

  it('a queued job without a live consumer: says so first, by the reports or, where it can be asked, by the broker', () => {
    const silent = { consumers: { live: 0, lastSeenAt: at(5) } };
    expect(explain({}, silent).summary).to.equal(
      'The job waits for Process 1, and no worker consumes its queue jobline.p1.standard: the last one reported at 2026-01-15T12:05:00Z.',
    );
    expect(codes({}, silent)).to.deep.equal(['no_live_consumer', 'waiting_for_turn']);
    const broker = { ready: 1, unacked: 0 };
    expect(codes({}, { ...silent, broker: { ...broker, consumers: 1 } })).to.deep.equal(['waiting_for_turn']);
    expect(codes({}, { consumers: { live: 1 }, broker: { ...broker, consumers: 0 } })[0]).to.equal('no_live_consumer');
    expect(codes({})).to.deep.equal(['waiting_for_turn']);
  });

  it('RabbitMQ away: the bell that is owed, and who rings it; not for a bell that was rung', () => {
    const owed = explain({ pub: { due: at(10, 10) } }, { canPublish: false });
    expect(owed.reasons[0]!.code).to.equal('broker_away');
    expect(owed.next).to.contain('A scheduler rings it when RabbitMQ is back');
    expect(codes({ pub: { at: at(1) } }, { canPublish: false })).to.deep.equal(['waiting_for_turn']);
  });

  it('a bell that is due and not rung: no scheduler', () => {
    expect(explain({ state: 'RETRY_WAIT', attempt: 1, err: ERR, pub: { due: at(7) } }).summary).to.equal(
      "The job's doorbell has been due since 2026-01-15T12:07:00Z, for 3 minutes, and no scheduler has rung it.",
    );
    expect(codes({ state: 'SCHEDULED', pub: { due: at(9, 57) } })).to.deep.equal(['scheduled']);
  });

  it('a scheduled job: until when', () => {
    const { summary, reasons, next } = explain({ state: 'SCHEDULED', pub: { due: at(30) }, runAt: at(30) });
    expect(summary).to.equal('The job is scheduled for 2026-01-15T12:30:00Z.');
    expect(reasons[0]!.until).to.deep.equal(at(30));
    expect(next).to.equal('It is queued for Process 1 then.');
  });

  it('a retry: which attempt failed why, when the next one is due, by the limit of the job itself', () => {
    const { summary, reasons, next } = explain({ state: 'RETRY_WAIT', attempt: 1, maxAttempts: 7, err: ERR, pub: { due: at(11) } });
    expect(summary).to.equal(
      'Attempt 1 failed: Process 1 timed out (stage_timeout). The next one of Process 1 is due at 2026-01-15T12:11:00Z.',
    );
    expect(next).to.contain('attempt 2 of 7');
    expect(reasons[0]!.evidence).to.include({ attempt: 1, maxAttempts: 7, errorCode: 'stage_timeout', errorClass: 'timeout' });
  });

  const running: Partial<JobRecord> = {
    state: 'RUNNING',
    attempt: 2,
    owner: 'p1-worker@host:1:abc',
    claim: 'c',
    startedAt: at(8),
    lease: { until: at(11) },
    progress: 0.4,
  };

  it('a running job: by whom, since when, until when its lease lasts, which attempt, how far', () => {
    const { summary, reasons, next } = explain(running);
    expect(summary).to.equal('Process 1 is run by p1-worker@host:1:abc since 2026-01-15T12:08:00Z, attempt 2 of 3.');
    expect(reasons[0]).to.deep.include({ code: 'running', since: at(8), until: at(11) });
    expect(reasons[0]!.evidence).to.include({ owner: 'p1-worker@host:1:abc', attempt: 2, maxAttempts: 3, progress: 0.4 });
    expect(next).to.equal('Process 2 follows.');
    expect(explain({ ...running, stage: 1 }).next).to.equal('It is completed when this process is.');
  });

  it('a lease that is over: waits to be rescued', () => {
    const { summary, next } = explain({ ...running, lease: { until: at(9) } });
    expect(summary).to.contain('ended at 2026-01-15T12:09:00Z: the job waits to be rescued');
    expect(next).to.contain('A scheduler takes it away');
  });

  it('crashes, a deadline and a replay: are told beside the reason', () => {
    const log = [{ at: at(3), event: 'replayed', stage: 0, attempt: 0, run: 1, message: 'retry asked for by the user' }];
    const { reasons } = explain({ ...running, crashes: 2, deadlineAt: at(12), run: 1, log });
    expect(reasons.map(({ code }) => code)).to.deep.equal(['running', 'suspect', 'deadline', 'run_again']);
    expect(reasons[1]!.message).to.contain('died 2 times').and.to.contain('given up at 3');
    expect(reasons[2]!.message).to.equal('It expires at 2026-01-15T12:12:00Z, in 2 minutes, unless it has ended by then.');
    expect(reasons[3]!.message).to.equal('It was run again once, the last time: retry asked for by the user.');
  });

  it('a failed job: error, attempts, and whether a retry can help', () => {
    const failed = ended('FAILED', { err: ERR, attempt: 3 });
    const help = explain(failed, { isRetryAvailable: true });
    expect(help.summary).to.equal('Process 1 failed at 2026-01-15T12:09:00Z in attempt 3: Process 1 timed out (stage_timeout).');
    expect(help.reasons.map(({ code }) => code)).to.deep.equal(['failed', 'retry_available']);
    expect(help.next).to.contain('until a retry is asked for');
    const rejected = explain({ ...failed, err: { ...ERR, errorClass: 'reject' } }, { isRetryAvailable: false });
    expect(rejected.reasons[1]).to.include({ code: 'retry_unavailable', next: 'Submit a corrected job.' });
    expect(explain(failed, { isRetryAvailable: false }).reasons[1]!.message).to.contain('not stored any more');
  });

  it('a completed job: how long it waited for each stage, and how long each took', () => {
    const result = (stage: number, from: Date, to: Date) => ({ stage, run: 0, epoch: 1, claim: 'c', startedAt: from, at: to });
    const results = [result(0, at(1), at(3)), result(1, at(3, 30), at(9))];
    const { summary, reasons } = explain(ended('COMPLETED', { stage: 1, results }));
    expect(summary).to.equal('The job completed at 2026-01-15T12:09:00Z, 9 minutes after it was submitted.');
    expect(reasons[0]!.evidence!.stages).to.deep.equal([
      { stage: 'p1', waitedMs: 60_000, tookMs: 120_000 },
      { stage: 'p2', waitedMs: 30_000, tookMs: 330_000 },
    ]);
  });

  it('canceled and expired jobs: when', () => {
    expect(explain(ended('CANCELED')).summary).to.equal('The job was canceled at 2026-01-15T12:09:00Z.');
    expect(explain(ended('EXPIRED', { deadlineAt: at(8) })).summary).to.contain('by its deadline of 2026-01-15T12:08:00Z');
  });

  it('given back by a worker that does not know its version: says so before all else; given back at a shutdown is nothing to tell', () => {
    const entry = { at: at(1), event: 'released', stage: 0, attempt: 1, run: 0 };
    const message = 'This worker knows version 2 of report, the job is of version 1.';
    const { summary, reasons } = explain({ log: [{ ...entry, message }] });
    expect(summary).to.match(/^A worker gave the job back at .*: This worker knows version 2 of report/);
    expect(reasons.map(({ code }) => code)).to.deep.equal(['given_back', 'waiting_for_turn']);
    expect(codes({ log: [entry] })).to.deep.equal(['waiting_for_turn']);
  });

  it('codes: each stands once in the table', () => {
    const all = REASONS.map(({ code }) => code);
    expect(new Set(all).size).to.equal(all.length);
  });

  it('whatever the record: one summary, one next step, whole sentences, no placeholder', () => {
    const date = fc.option(fc.date({ min: at(0), max: at(59), noInvalidDate: true }), { nil: undefined });
    const job = fc.record({
      state: fc.constantFrom(...ACTIVE_STATES, ...TERMINAL_STATES),
      stage: fc.constantFrom(0, 1),
      attempt: fc.nat(4),
      crashes: fc.nat(3),
      run: fc.nat(2),
      err: fc.option(fc.constant(ERR), { nil: undefined }),
      pub: fc.option(fc.record({ due: date, at: date }), { nil: undefined }),
      lease: fc.option(fc.record({ until: date.map((one) => one ?? NOW) }), { nil: undefined }),
      owner: fc.option(fc.constant('w'), { nil: undefined }),
      deadlineAt: date,
      doneAt: date,
      startedAt: date,
    });
    const facts = fc.record({
      canPublish: fc.boolean(),
      consumers: fc.option(fc.record({ live: fc.nat(2) }), { nil: undefined }),
      isRetryAvailable: fc.boolean(),
    });
    fc.assert(
      fc.property(job, facts, (one, more) => {
        const { summary, reasons, next } = explain(one as Partial<JobRecord>, more as Partial<ExplainFacts>);
        expect(summary).to.equal(reasons[0]!.message);
        for (const sentence of [...reasons.map(({ message }) => message), next]) {
          expect(sentence).to.match(/^[A-Z].*\.$/);
          expect(sentence).not.to.match(/undefined|null|NaN|Infinity|\[object/);
        }
        expect(next).not.to.equal('Nothing is known of what comes next.');
      }),
    );
  });
});
