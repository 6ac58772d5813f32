import { expect } from 'chai';
import { judgeBell, mayAcknowledge } from '../../../../shared/domain/doorbell.ts';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import { record } from './job-record.ts';

const bell = { id: 'job', gen: 3 };
const running = (claim: string, more: Partial<JobRecord> = {}): JobRecord => record({ state: 'RUNNING', claim, ...more });

describe('judgeBell: what a bell that missed its claim means', () => {
  const rows: readonly [string, JobRecord | undefined, string | undefined, string][] = [
    ['no record', undefined, 'mine', 'early'],
    ['a record behind the bell', record({ gen: 2 }), 'mine', 'early'],
    ['a record behind the bell that my claim holds', running('mine', { gen: 2 }), 'mine', 'early'],
    ['running under my claim', running('mine'), 'mine', 'won'],
    ['running under another claim', running('other'), 'mine', 'stale'],
    ['running when I have no claim', running('other'), undefined, 'stale'],
    ['running without a claim when I have none', record({ state: 'RUNNING' }), undefined, 'stale'],
    ['running under my claim at a later generation', running('mine', { gen: 4 }), 'mine', 'won'],
    ['queued at this stage and generation', record(), 'mine', 'claim_again'],
    ['queued at a later generation', record({ gen: 4 }), 'mine', 'stale'],
    ['queued at another stage', record({ stage: 1 }), 'mine', 'stale'],
    ['failed at this stage and generation', record({ state: 'FAILED' }), 'mine', 'replay'],
    ['failed at another stage', record({ state: 'FAILED', stage: 1 }), 'mine', 'stale'],
    ['failed at a later generation', record({ state: 'FAILED', gen: 4 }), 'mine', 'stale'],
    ...(['COMPLETED', 'CANCELED', 'EXPIRED', 'RETRY_WAIT', 'SCHEDULED'] as const).map((state): [string, JobRecord, string, string] => [
      state,
      record({ state }),
      'mine',
      'stale',
    ]),
  ];
  for (const [name, found, claim, verdict] of rows) {
    it(`${name}, is ${verdict}`, () => expect(judgeBell(bell, 0, found, claim)).to.equal(verdict));
  }
});

describe('mayAcknowledge: what a majority read must show', () => {
  const rows: readonly [string, JobRecord | undefined, string | undefined, boolean][] = [
    ['no record', undefined, 'mine', true],
    ['a later generation', record({ gen: 4 }), 'mine', true],
    ['an earlier generation', record({ gen: 2 }), 'mine', false],
    ['running under another claim', running('other'), 'mine', true],
    ['running under the claim that was lost', running('mine'), 'mine', false],
    ['running, whoever asks without a claim', running('other'), undefined, true],
    ['still queued', record(), 'mine', false],
    ['queued for another stage (a bell rung by hand)', record({ stage: 1 }), 'mine', true],
    ...(['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED', 'RETRY_WAIT', 'SCHEDULED'] as const).map(
      (state): [string, JobRecord, string, boolean] => [state, record({ state }), 'mine', true],
    ),
  ];
  for (const [name, found, claim, may] of rows) {
    it(`${name}, ${may ? 'may' : 'may not'} be acknowledged`, () => expect(mayAcknowledge(bell, 0, found, claim)).to.equal(may));
  }
});
