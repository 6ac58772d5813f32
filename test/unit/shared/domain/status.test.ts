import { expect } from 'chai';
import fc from 'fast-check';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import { defineJobType } from '../../../../shared/domain/pipeline.ts';
import { isRetryAvailable, statusOf } from '../../../../shared/domain/status.ts';
import type { Transition } from '../../../../shared/domain/transition.ts';
import { claim, commit, fail, leaseLost, progress, release, take } from '../../../../shared/domain/transitions.ts';
import { applyUpdate, meetsCondition } from '../../../support/memory-transition.ts';
import { record } from './job-record.ts';

const two = defineJobType('job', [{ name: 'p1' }, { name: 'p2' }]);
const now = new Date('2026-01-15T12:00:00Z');
const later = new Date('2026-01-15T12:05:00Z');
const err = { code: 'stage_timeout', message: 'Process 2 timed out after 60 s.', errorClass: 'timeout' as const };
const show = (more: Partial<JobRecord>) => statusOf(record(more), two, now);

describe('statusOf: the table of statuses', () => {
  const rows: readonly [string, Partial<JobRecord>, object][] = [
    ['SCHEDULED', { state: 'SCHEDULED', pub: { due: later } }, { status: 'SCHEDULED', progress: 0, nextAttemptAt: later }],
    ['QUEUED at stage 1', {}, { status: 'QUEUED', progress: 0 }],
    ['RUNNING at stage 1', { state: 'RUNNING', attempt: 1 }, { status: 'PROCESS_1_RUNNING', progress: 30, attempt: 1 }],
    [
      'RUNNING at stage 1, half done by its own account',
      { state: 'RUNNING', attempt: 1, progress: 0.5 },
      { status: 'PROCESS_1_RUNNING', progress: 40, attempt: 1 },
    ],
    [
      'RUNNING at stage 1, done by its own account',
      { state: 'RUNNING', attempt: 1, progress: 1 },
      { status: 'PROCESS_1_RUNNING', progress: 49, attempt: 1 },
    ],
    ['QUEUED at stage 2', { stage: 1 }, { status: 'PROCESS_1_DONE', progress: 50 }],
    ['RUNNING at stage 2', { state: 'RUNNING', stage: 1, attempt: 2 }, { status: 'PROCESS_2_RUNNING', progress: 70, attempt: 2 }],
    [
      'RUNNING at stage 2, done by its own account',
      { state: 'RUNNING', stage: 1, attempt: 1, progress: 7 },
      { status: 'PROCESS_2_RUNNING', progress: 99, attempt: 1 },
    ],
    [
      'RETRY_WAIT at stage 2',
      { state: 'RETRY_WAIT', stage: 1, attempt: 1, progress: 0.5, pub: { due: later } },
      { status: 'RETRYING', progress: 85, attempt: 1, nextAttemptAt: later },
    ],
    ['QUEUED again for the next attempt', { stage: 1, attempt: 1, pub: { due: later } }, { status: 'RETRYING', progress: 70, attempt: 1 }],
    ['QUEUED, handed back at shutdown', { progress: 0.5 }, { status: 'QUEUED', progress: 40 }],
    ['COMPLETED', { state: 'COMPLETED', stage: 1 }, { status: 'COMPLETED', progress: 100 }],
    [
      'FAILED at stage 2',
      { state: 'FAILED', stage: 1, attempt: 3, err },
      { status: 'FAILED', progress: 70, error: err.message, retryAvailable: true },
    ],
    ['CANCELED while it waited', { state: 'CANCELED', stage: 1 }, { status: 'CANCELED', progress: 50 }],
    ['EXPIRED while it ran', { state: 'EXPIRED', attempt: 1, progress: 0.1 }, { status: 'EXPIRED', progress: 32 }],
  ];
  for (const [name, stored, shown] of rows) {
    it(`${name}, is shown as the table says`, () => expect(show(stored)).to.deep.equal(shown));
  }
});

describe('isRetryAvailable', () => {
  it('FAILED with its input stored, is true unless the error is of class reject', () => {
    for (const [errorClass, isAvailable] of [
      ['retry', true],
      ['timeout', true],
      ['crash', true],
      ['reject', false],
    ] as const) {
      expect(isRetryAvailable(record({ state: 'FAILED', err: { ...err, errorClass }, expireAt: later }), now)).to.equal(isAvailable);
    }
  });

  it('past its retention, or in another state, is false', () => {
    expect(isRetryAvailable(record({ state: 'FAILED', err, expireAt: now }), now)).to.equal(false);
    expect(isRetryAvailable(record({ state: 'CANCELED', err }), now)).to.equal(false);
  });
});

describe('progress', () => {
  const claimed = (one: JobRecord) => claim({ stage: one.stage, gen: one.gen, claim: 'c', owner: 'o', leaseMs: 1 });
  const steps: readonly ((one: JobRecord, stages: number, own: number) => Transition)[] = [
    claimed,
    claimed,
    (_, __, own) => progress('c', own),
    (one, stages) => commit({ claim: 'c', token: 't', retainMs: 1, last: one.stage === stages - 1 }),
    () => fail({ claim: 'c', token: 't', afterMs: -1, error: err }),
    () => release({ claim: 'c', token: 't' }),
    () => leaseLost({ claim: 'c', token: 't', afterMs: -1, error: err }),
    () => take('t'),
  ];

  it('whatever happens within a run, never moves backwards, and is 100 only when COMPLETED', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.tuple(fc.nat(steps.length - 1), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 80 }),
        (count, path) => {
          const type = defineJobType(
            'job',
            Array.from({ length: count }, (_, index) => ({ name: `p${index + 1}` })),
          );
          let one = record({ pub: { due: now } });
          let shown = 0;
          for (const [index, [step, own]] of path.entries()) {
            const at = new Date(now.getTime() + index * 10);
            const transition = steps[step]!(one, count, own);
            if (!meetsCondition(one, transition.when, at)) continue;
            one = applyUpdate(one, transition, at);
            const status = statusOf(one, type, at);
            expect(status.progress, `after ${transition.name}`).to.be.at.least(shown);
            expect(status.progress === 100).to.equal(status.status === 'COMPLETED');
            shown = status.progress;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
