import { errorFingerprint } from '../../shared/domain/dead-letters/fingerprint.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { Transition } from '../../shared/domain/transition.ts';
import * as to from '../../shared/domain/transitions.ts';
import { FUTURE, PAST } from './store-records.ts';

/** A transition, a record that it holds for, what it changes there, and records that it must leave alone. */
export interface TransitionCase {
  readonly name: string;
  readonly transition: Transition;
  readonly from: Partial<JobRecord>;
  /** Shown by `timeless`; null: the field is gone. */
  readonly change: Readonly<Record<string, unknown>>;
  /** Each differs from `from` in one thing. */
  readonly not: readonly Partial<JobRecord>[];
}

const error = { code: 'broken', message: 'It broke.', errorClass: 'retry' as const, detail: { $where: 1, 'a.b': { c: [] } } };
const running: Partial<JobRecord> = {
  state: 'RUNNING',
  claim: 'c',
  owner: 'o',
  lease: { until: FUTURE },
  startedAt: PAST,
  progress: 0.2,
  err: { code: 'old', message: 'Old.', errorClass: 'crash', detail: { stays: 'not' } },
};
const dropped = { claim: null, owner: null, lease: null, startedAt: null };
const notMine: readonly Partial<JobRecord>[] = [{ claim: 'other' }, { state: 'QUEUED' }, { state: 'CANCELED' }];
const earlierLog = { at: PAST.toISOString(), event: 'retry', stage: 1, attempt: 1, run: 2, claim: 'earlier', code: 'x' };
const logged = (event: string, more: object = {}) => [earlierLog, { at: 'now+0s', event, stage: 1, attempt: 2, run: 2, ...more }];
const failedLog = { claim: 'c', code: 'broken', message: 'It broke.' };
const earlierResult = { stage: 0, run: 2, epoch: 3, claim: 'earlier', startedAt: PAST.toISOString(), at: PAST.toISOString() };
const result = { stage: 1, run: 2, epoch: 4, claim: 'c', startedAt: PAST.toISOString(), at: 'now+0s' };
const dead = {
  ...dropped,
  active: null,
  state: 'FAILED',
  gen: 8,
  err: { ...error, fingerprint: errorFingerprint(error) },
  doneAt: 'now+0s',
  expireAt: 'now+60s',
  evt: { seq: 4, due: 'now+0s' },
  pub: { due: 'now+0s', by: 'tok', to: 'dlq' },
};
const ended = (state: string) => ({
  ...dropped,
  active: null,
  pub: null,
  state,
  gen: 8,
  doneAt: 'now+0s',
  expireAt: 'now+60s',
  evt: { seq: 4, due: 'now+0s' },
});
const overdue: Partial<JobRecord> = { ...running, lease: { until: PAST } };
const over: Partial<JobRecord> = { active: undefined as never, expireAt: FUTURE, doneAt: PAST };
const letter: Partial<JobRecord> = { ...over, state: 'FAILED', pub: { due: PAST, by: 'x', to: 'dlq' } };
const owed = { pub: { due: 'now+0s', by: 'tok' } };

/** With operators, or as a pipeline: what they change is the same. */
function claimCommits(terms: Pick<to.ClaimCommitTerms, 'known'>): readonly TransitionCase[] {
  const of = terms.known ? ' of known records' : '';
  return [
    {
      name: `claim and commit of a stage before the last${of}`,
      transition: to.claimCommit({ stage: 1, gen: 7, claim: 'c', last: false, token: 'tok', retainMs: 60_000, tookMs: 5_000, ...terms }),
      from: { progress: 0.2, err: error, pub: { due: PAST, at: PAST, by: 'x' } },
      change: {
        progress: null,
        err: null,
        state: 'QUEUED',
        stage: 2,
        gen: 8,
        epoch: 5,
        attempt: 0,
        crashes: 0,
        pub: { due: 'now+15s', by: 'tok' },
        results: [earlierResult, { ...result, epoch: 5, startedAt: 'now+-5s' }],
      },
      not: [
        { stage: 0 },
        { gen: 6 },
        { gen: 8 },
        { state: 'RUNNING' },
        { state: 'RETRY_WAIT' },
        { state: 'SCHEDULED' },
        { state: 'CANCELED' },
      ],
    },
    {
      name: `claim and commit of the last stage${of}`,
      transition: to.claimCommit({ stage: 1, gen: 7, claim: 'c', last: true, token: 'tok', retainMs: 60_000, tookMs: 5_000, ...terms }),
      from: { pub: { due: PAST, at: PAST, by: 'x' } },
      change: {
        ...ended('COMPLETED'),
        epoch: 5,
        attempt: 3,
        results: [earlierResult, { ...result, epoch: 5, startedAt: 'now+-5s' }],
      },
      not: [{ gen: 8 }, { state: 'RUNNING' }],
    },
  ];
}

/** Every transition of the protocol. */
export const TRANSITION_CASES: readonly TransitionCase[] = [
  {
    name: 'mark',
    transition: to.mark(['x', 'y']),
    from: { pub: { due: FUTURE, by: 'y' } },
    change: { pub: { by: 'y', at: 'now+0s' } },
    not: [{ pub: { due: FUTURE, by: 'later' } }, { pub: {} }, { state: 'RETRY_WAIT' }],
  },
  {
    name: 'claim',
    transition: to.claim({ stage: 1, gen: 7, claim: 'new', owner: 'me', leaseMs: 30_000 }),
    from: { pub: { due: PAST, by: 'x', at: PAST } },
    change: {
      state: 'RUNNING',
      claim: 'new',
      owner: 'me',
      startedAt: 'now+0s',
      lease: { until: 'now+30s' },
      epoch: 5,
      attempt: 3,
      pub: null,
    },
    not: [{ stage: 0 }, { gen: 6 }, { gen: 8 }, { state: 'RUNNING' }, { state: 'RETRY_WAIT' }, { state: 'SCHEDULED' }, { state: 'FAILED' }],
  },
  {
    name: 'heartbeat',
    transition: to.heartbeat(['b', 'c'], 30_000),
    from: overdue,
    change: { lease: { until: 'now+30s' } },
    not: notMine,
  },
  { name: 'progress', transition: to.progress('c', 0.5), from: running, change: { progress: 0.5 }, not: notMine },
  { name: 'progress that is behind', transition: to.progress('c', 0.1), from: running, change: {}, not: notMine },
  {
    name: 'progress, the first',
    transition: to.progress('c', 0.1),
    from: { ...running, progress: undefined as never },
    change: { progress: 0.1 },
    not: notMine,
  },
  {
    name: 'commit of a stage before the last',
    transition: to.commit({ claim: 'c', last: false, token: 'tok', retainMs: 60_000 }),
    from: running,
    change: {
      ...dropped,
      progress: null,
      err: null,
      state: 'QUEUED',
      stage: 2,
      gen: 8,
      attempt: 0,
      crashes: 0,
      pub: { due: 'now+15s', by: 'tok' },
      results: [earlierResult, result],
    },
    not: notMine,
  },
  {
    name: 'commit of the last stage',
    transition: to.commit({ claim: 'c', last: true, token: 'tok', retainMs: 60_000 }),
    from: { ...running, pub: { at: PAST } },
    change: { ...ended('COMPLETED'), progress: null, err: null, results: [earlierResult, result] },
    not: notMine,
  },
  {
    name: 'commit of the last stage that is noted',
    transition: to.commit({ claim: 'c', last: true, token: 'tok', retainMs: 60_000, isNoted: true }),
    from: { ...running, pub: { at: PAST } },
    change: { ...ended('COMPLETED'), evt: { seq: 4 }, progress: null, err: null, results: [earlierResult, result] },
    not: notMine,
  },
  {
    name: 'commit of the last stage that is told by who commits',
    transition: to.commit({ claim: 'c', last: true, token: 'tok', retainMs: 60_000, isTold: true }),
    from: { ...running, pub: { at: PAST } },
    change: { ...ended('COMPLETED'), evt: { seq: 4, due: 'now+15s' }, progress: null, err: null, results: [earlierResult, result] },
    not: notMine,
  },
  {
    name: 'claim and commit of the last stage that is noted',
    transition: to.claimCommit({ stage: 1, gen: 7, claim: 'c', last: true, token: 'tok', retainMs: 60_000, tookMs: 5_000, isNoted: true }),
    from: { pub: { due: PAST, by: 'x' } },
    change: {
      ...{ active: null, pub: null, state: 'COMPLETED', gen: 8, epoch: 5, attempt: 3, doneAt: 'now+0s', expireAt: 'now+60s' },
      evt: { seq: 4 },
      results: [earlierResult, { ...result, epoch: 5, startedAt: 'now+-5s' }],
    },
    not: [{ gen: 6 }, { gen: 8 }, { stage: 0 }, { state: 'RUNNING' }, { state: 'COMPLETED' }],
  },
  ...claimCommits({}),
  ...claimCommits({ known: { run: 2, epoch: 4, notBefore: PAST } }),
  {
    name: 'fail',
    transition: to.fail({ claim: 'c', error, token: 'tok', afterMs: 20_000 }),
    from: running,
    change: { ...dropped, state: 'RETRY_WAIT', gen: 8, err: error, pub: { due: 'now+20s', by: 'tok' }, log: logged('retry', failedLog) },
    not: notMine,
  },
  {
    name: 'dead',
    transition: to.dead({ claim: 'c', error, token: 'tok', retainMs: 60_000 }),
    from: running,
    change: { ...dead, log: logged('dead', failedLog) },
    not: notMine,
  },
  {
    name: 'lease_lost',
    transition: to.leaseLost({ claim: 'c', error, token: 'tok', afterMs: 5_000 }),
    from: overdue,
    change: {
      ...dropped,
      state: 'RETRY_WAIT',
      gen: 8,
      crashes: 2,
      err: error,
      pub: { due: 'now+5s', by: 'tok' },
      log: logged('lease_lost', failedLog),
    },
    not: [...notMine, { lease: { until: FUTURE } }, { lease: undefined as never }],
  },
  {
    name: 'crash_loop',
    transition: to.crashLoop({ claim: 'c', error, token: 'tok', retainMs: 60_000 }),
    from: overdue,
    change: { ...dead, crashes: 2, log: logged('crash_loop', failedLog) },
    not: [...notMine, { lease: { until: FUTURE } }],
  },
  {
    name: 'cancel',
    transition: to.cancel(60_000),
    from: { ...running, pub: { due: PAST, by: 'x' } },
    change: { ...ended('CANCELED'), log: logged('canceled') },
    not: [{ state: 'COMPLETED' }, { state: 'FAILED' }, { active: undefined as never }],
  },
  {
    name: 'release',
    transition: to.release({ claim: 'c', token: 'tok' }),
    from: running,
    change: { ...dropped, state: 'QUEUED', gen: 8, attempt: 1, ...owed, log: logged('released', { claim: 'c' }) },
    not: notMine,
  },
  {
    name: 'expire',
    transition: to.expire(60_000),
    from: { ...running, deadlineAt: PAST },
    change: { ...ended('EXPIRED'), log: logged('expired') },
    not: [{ deadlineAt: FUTURE }, { deadlineAt: undefined as never }, { state: 'FAILED' }, { active: undefined as never }],
  },
  {
    name: 'replay',
    transition: to.replay({ gen: 7, token: 'tok', message: 'why' }),
    from: { ...letter, err: error, deadlineAt: PAST, progress: 0.5, evt: { seq: 3, due: PAST } },
    change: {
      state: 'QUEUED',
      gen: 8,
      run: 3,
      attempt: 0,
      crashes: 0,
      active: true,
      ...owed,
      evt: { seq: 3 },
      expireAt: null,
      doneAt: null,
      err: null,
      deadlineAt: null,
      progress: null,
      log: logged('replayed', { message: 'why' }),
    },
    not: [{ gen: 6 }, { gen: 8 }, { state: 'COMPLETED' }, { state: 'QUEUED' }, { state: 'RUNNING' }],
  },
  {
    name: 'replay that may be undone',
    transition: to.replay({ gen: 7, token: 'tok', mayBeUndone: true }),
    from: {
      ...letter,
      err: error,
      attempt: 3,
      crashes: 2,
      former: { gen: 2, stage: 0, attempt: 1, crashes: 0, results: [], doneAt: FUTURE },
    },
    change: {
      state: 'QUEUED',
      gen: 8,
      run: 3,
      attempt: 0,
      crashes: 0,
      active: true,
      ...owed,
      expireAt: null,
      doneAt: null,
      err: null,
      former: { gen: 7, stage: 1, attempt: 3, crashes: 2, results: [earlierResult], err: error, doneAt: PAST.toISOString() },
      log: [earlierLog, { at: 'now+0s', event: 'replayed', stage: 1, attempt: 3, run: 2 }],
    },
    not: [{ gen: 6 }, { state: 'CANCELED' }, { state: 'EXPIRED' }, { state: 'QUEUED' }],
  },
  {
    name: 'replay with an edited payload',
    transition: to.replay({ gen: 7, token: 'tok', edited: { text: '{"input":{"$a":1},"options":null}', uploadId: '$new' } }),
    from: { ...letter, uploadId: 'old' },
    change: {
      state: 'QUEUED',
      gen: 8,
      run: 3,
      attempt: 0,
      crashes: 0,
      active: true,
      ...owed,
      expireAt: null,
      doneAt: null,
      uploadId: '$new',
      log: logged('replayed'),
    },
    not: [{ gen: 6 }, { state: 'QUEUED' }],
  },
  {
    name: 'undo of a replay',
    transition: to.undoReplay({ gen: 7, token: 'tok', retainMs: 60_000, message: 'why' }),
    from: {
      attempt: 0,
      results: [],
      pub: { at: PAST, by: 'x' },
      former: { gen: 6, stage: 1, attempt: 3, crashes: 2, results: [], err: error, doneAt: PAST },
    },
    change: {
      state: 'FAILED',
      gen: 8,
      attempt: 3,
      crashes: 2,
      active: null,
      former: null,
      err: error,
      doneAt: PAST.toISOString(),
      expireAt: 'now+60s',
      evt: { seq: 4, due: 'now+0s' },
      pub: { due: 'now+0s', by: 'tok', to: 'dlq' },
      log: [earlierLog, { at: 'now+0s', event: 'replay_undone', stage: 1, attempt: 0, run: 2, message: 'why' }],
    },
    not: [{ gen: 8 }, { state: 'RUNNING' }, { state: 'RETRY_WAIT' }, { former: undefined as never }, { former: { gen: 5 } as never }],
  },
  {
    name: 'replay from the beginning',
    transition: to.replay({ gen: 7, token: 'tok', fromBeginning: true }),
    from: { ...over, state: 'EXPIRED' },
    change: {
      state: 'QUEUED',
      stage: 0,
      results: [],
      gen: 8,
      run: 3,
      attempt: 0,
      crashes: 0,
      active: true,
      ...owed,
      expireAt: null,
      doneAt: null,
      log: logged('replayed'),
    },
    not: [{ gen: 8 }],
  },
  ...(['rearm', 'park', 'audit'] as const).map(
    (name): TransitionCase => ({
      name,
      transition: to.rearm(7, 'tok', 0, name),
      from: { pub: { at: PAST, by: 'x' } },
      change: { pub: { at: PAST.toISOString(), due: 'now+0s', by: 'tok' } },
      not: [{ gen: 6 }, { gen: 8 }, { state: 'RETRY_WAIT' }, { state: 'SCHEDULED' }, { state: 'RUNNING' }],
    }),
  ),
  {
    name: 'replan',
    transition: to.replan({ gen: 7, by: ['x', 'y'], token: 'tok', at: FUTURE }),
    from: { state: 'SCHEDULED', offPeak: {}, runAt: PAST, pub: { due: PAST, by: 'x' } },
    change: { runAt: FUTURE.toISOString(), pub: { due: FUTURE.toISOString(), by: 'tok' } },
    not: [{ gen: 8 }, { state: 'QUEUED' }, { state: 'CANCELED' }, { pub: { due: PAST, by: 'released' } }],
  },
  ...(['RETRY_WAIT', 'SCHEDULED', 'QUEUED'] as const).map(
    (state): TransitionCase => ({
      name: `take of a job in ${state}`,
      transition: to.take('tok'),
      from: { state, pub: { due: PAST, by: 'x' } },
      change: { state: 'QUEUED', pub: { due: 'now+30s', by: 'tok' } },
      not: [
        { pub: { due: FUTURE, by: 'x' } },
        { pub: { by: 'x' } },
        { pub: { due: PAST, to: 'dlq' } },
        { state: 'RUNNING' },
        { state: 'FAILED' },
      ],
    }),
  ),
  {
    name: 'take_dead',
    transition: to.takeDead('tok'),
    from: letter,
    change: { pub: { due: 'now+30s', by: 'tok', to: 'dlq' } },
    not: [{ state: 'QUEUED' }, { pub: { due: PAST, by: 'x' } }, { pub: { due: FUTURE, by: 'x', to: 'dlq' } }, { pub: { to: 'dlq' } }],
  },
  {
    name: 'mark_dead',
    transition: to.markDead(7, 'x'),
    from: letter,
    change: { pub: { by: 'x', at: 'now+0s' } },
    not: [{ gen: 8 }, { state: 'QUEUED' }, { pub: { due: PAST, by: 'later', to: 'dlq' } }, { pub: { due: PAST, by: 'x' } }],
  },
  {
    name: 'owe_dead',
    transition: to.oweDead(7, 'tok'),
    from: { ...letter, pub: { by: 'x', at: PAST } },
    change: { pub: { by: 'tok', at: PAST.toISOString(), due: 'now+0s', to: 'dlq' } },
    not: [{ gen: 6 }, { state: 'QUEUED' }, { pub: { due: FUTURE } }],
  },
  {
    name: 'owe_dead of a job without any debt',
    transition: to.oweDead(7, 'tok'),
    from: { ...letter, pub: undefined as never },
    change: { pub: { by: 'tok', due: 'now+0s', to: 'dlq' } },
    not: [],
  },
  {
    name: 'postpone_event',
    transition: to.postponeEvent(3),
    from: { ...letter, evt: { seq: 3, due: PAST } },
    change: { evt: { seq: 3, due: 'now+30s' } },
    not: [{ evt: { seq: 4, due: PAST } }, { evt: undefined as never }, { state: 'QUEUED' }],
  },
  {
    name: 'mark_event',
    transition: to.markEvent(3),
    from: { ...letter, evt: { seq: 3, due: PAST } },
    change: { evt: { seq: 3 } },
    not: [{ evt: { seq: 4, due: PAST } }],
  },
  ...(['payload', 'outputs'] as const).map(
    (part): TransitionCase => ({
      name: `remove_part of the ${part}`,
      transition: to.removePart(7, part),
      from: { ...over, state: 'COMPLETED' },
      change: { removed: { [part]: 'now+0s' } },
      not: [{ gen: 8 }, { state: 'QUEUED' }, { removed: { [part]: PAST } }],
    }),
  ),
  {
    name: 'remove_part of the timeline, beside another',
    transition: to.removePart(7, 'timeline'),
    from: { ...letter, removed: { payload: PAST } },
    change: { removed: { payload: PAST.toISOString(), timeline: 'now+0s' }, log: [] },
    not: [{ gen: 6 }, { state: 'RUNNING' }],
  },
  {
    name: 'retain',
    transition: to.retain(7, 86_400_000),
    from: { ...over, state: 'EXPIRED' },
    change: { expireAt: new Date(PAST.getTime() + 86_400_000).toISOString() },
    not: [{ gen: 8 }, { state: 'QUEUED' }],
  },
];
