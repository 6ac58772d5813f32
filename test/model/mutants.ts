import type { Transition } from '../../shared/domain/transition.ts';
import { PROGRESS } from './explore.ts';
import { PROPERTIES } from './properties.ts';
import { PROTOCOL, type Protocol } from './protocol.ts';
import type { Features } from './slice.ts';

/** A protocol with one thing broken, the slice that shows it, and what must be found wrong there. */
export interface ModelMutant {
  readonly name: string;
  readonly mutation: Partial<Protocol>;
  readonly features: Features;
  readonly property: string;
}

const ONE: Features = { jobs: 1, stages: 1, workers: 1, slots: 1 };

/** Changes the transitions of that name. */
function change(name: Transition['name'] | readonly Transition['name'][], how: (transition: Transition) => Transition): Partial<Protocol> {
  return { rewrite: (transition) => ([name].flat().includes(transition.name) ? how(transition) : transition) };
}

function without<T extends object>(value: T, ...keys: (keyof T)[]): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as keyof T))) as T;
}

const setWithout = (transition: Transition, ...keys: string[]): Transition => ({
  ...transition,
  set: without({ ...transition.set }, ...keys),
});

export const MODEL_MUTANTS: readonly ModelMutant[] = [
  {
    name: 'no fence: a commit asks for RUNNING only',
    mutation: change('commit', (one) => ({ ...one, when: { state: 'RUNNING' } })),
    features: { ...ONE, workers: 2, duplicates: true },
    property: PROPERTIES.holder,
  },
  {
    name: 'no state in the commit: an ended job is committed',
    mutation: change('commit', (one) => ({ ...one, when: {} })),
    features: { ...ONE, cancel: true },
    property: PROPERTIES.holder,
  },
  {
    name: 'no gen in the claim',
    mutation: change('claim', (one) => ({ ...one, when: without({ ...one.when }, 'gen') })),
    features: { ...ONE, duplicates: true, crashes: true, staleBells: true },
    property: PROPERTIES.own,
  },
  {
    name: 'the claim takes RETRY_WAIT too',
    mutation: change('claim', (one) => ({ ...one, when: { ...without({ ...one.when }, 'gen'), state: ['QUEUED', 'RETRY_WAIT'] } })),
    features: { ...ONE, retry: true, duplicates: true, staleBells: true },
    property: PROPERTIES.due,
  },
  {
    name: 'no gen bump at fail',
    mutation: change('fail', (one) => ({ ...one, inc: {} })),
    features: { ...ONE, retry: true },
    property: PROPERTIES.raised,
  },
  {
    name: 'no gen bump at lease_lost',
    mutation: change('lease_lost', (one) => ({ ...one, inc: { crashes: 1 } })),
    features: { ...ONE, crashes: true },
    property: PROPERTIES.raised,
  },
  {
    name: 'claim kept at T8',
    mutation: change('lease_lost', (one) => ({ ...one, unset: ['pub'] })),
    features: { ...ONE, crashes: true },
    property: PROPERTIES.claims,
  },
  { name: 'no relay', mutation: { relays: false }, features: ONE, property: PROGRESS },
  {
    name: 'no audit where the broker loses bells',
    mutation: {},
    features: { ...ONE, lossy: true },
    property: PROPERTIES.held,
  },
  {
    name: 'the relay leaves RETRY_WAIT as it is',
    mutation: change('take', (one) => setWithout(one, 'state')),
    features: { ...ONE, retry: true },
    property: PROGRESS,
  },
  {
    name: 'the relay rings what is not due',
    mutation: change('take', (one) => ({ ...one, when: without({ ...one.when }, 'pubDue') })),
    features: { ...ONE, scheduled: true },
    property: PROPERTIES.due,
  },
  {
    name: 'the take makes no new token',
    mutation: change('take', (one) => setWithout(one, 'pub.by')),
    features: ONE,
    property: PROGRESS,
  },
  {
    name: 'a mark without its token',
    mutation: { ...change('mark', (one) => ({ ...one, when: { state: 'QUEUED' } })), keepsStaleMarks: true },
    features: { ...ONE, release: true },
    property: PROPERTIES.held,
  },
  {
    name: 'marks of unconfirmed rings are kept',
    mutation: { dropsMarksOfUnconfirmed: false },
    features: { ...ONE, jobs: 2, release: true, batch: true, gatheredMarks: true },
    property: PROPERTIES.held,
  },
  {
    name: 'ack before commit',
    mutation: { acksBeforeCommit: true },
    features: { ...ONE, failover: true },
    property: PROPERTIES.held,
  },
  {
    name: "ack rests on another's w:1 claim",
    mutation: { evidence: 'local' },
    features: { ...ONE, workers: 2, duplicates: true, failover: true },
    property: PROPERTIES.held,
  },
  {
    name: 'a commit that was read back is taken for durable',
    mutation: { acksReadBack: true },
    features: { ...ONE, failover: true, unknown: true },
    property: PROPERTIES.held,
  },
  {
    name: "read-back with majority after one's own w:1 claim",
    mutation: { readBack: 'majority' },
    features: { ...ONE, failover: true, unknown: true },
    property: PROPERTIES.giveUp,
  },
  {
    name: 'no bell owed after a fence miss',
    mutation: { rearmsAfterFenceMiss: false },
    features: { ...ONE, failover: true },
    property: PROGRESS,
  },
  {
    name: 'an early bell is marked',
    mutation: { ringsEarly: 'at once' },
    features: { ...ONE, stages: 2, workers: 2 },
    property: PROPERTIES.held,
  },
  {
    name: 'an early bell is marked although a worker may have given it up',
    mutation: { ringsEarly: 'late' },
    features: { ...ONE, stages: 2, workers: 2 },
    property: PROPERTIES.held,
  },
  {
    name: 'a release that was read back is rung',
    mutation: { ringsReadBack: 'all' },
    features: { ...ONE, crashes: true, failover: true, unknown: true, release: true, reject: true },
    property: PROPERTIES.request,
  },
  {
    name: 'a take that may be taken back is rung',
    mutation: { ringsTakeReadBack: true },
    features: { ...ONE, crashes: true, failover: true, unknown: true, release: true, reject: true },
    property: PROPERTIES.request,
  },
  {
    name: 'a replay by any stale bell',
    mutation: {
      judgeBell: (bell, stage, record, claim) => (record?.state === 'FAILED' ? 'replay' : PROTOCOL.judgeBell(bell, stage, record, claim)),
      ...change('replay', (one) => ({ ...one, when: { state: 'FAILED' } })),
    },
    features: { ...ONE, duplicates: true, reject: true, staleBells: true },
    property: PROPERTIES.request,
  },
  {
    name: 'a moved dead letter is acknowledged without a replay, behind a long run',
    mutation: { keepsMovedLetters: false },
    features: { ...ONE, reject: true, longRuns: true, deadLetters: true },
    property: PROPERTIES.durableAck,
  },
  {
    name: 'pub.to kept at replay',
    mutation: change('replay', (one) => ({ ...one, unset: (one.unset ?? []).filter((path) => path !== 'pub') })),
    features: { ...ONE, reject: true, replay: true },
    property: PROPERTIES.held,
  },
  {
    name: 'the claim of a suspect is not made durable',
    mutation: { makesSuspectsDurable: false },
    features: { ...ONE, failover: true, poison: true, keepsLeases: true },
    property: PROPERTIES.counted,
  },
  {
    name: 'no quarantine: a crash is charged to all that the worker held',
    mutation: { quarantine: 'none' },
    features: { ...ONE, jobs: 2, slots: 2, poison: true, promptRelease: true, keepsLeases: true },
    property: PROPERTIES.innocent,
  },
  {
    name: 'what waits for the quarantine keeps its claim',
    mutation: { quarantine: 'wait' },
    features: { ...ONE, jobs: 2, slots: 2, poison: true, keepsLeases: true },
    property: PROPERTIES.innocent,
  },
  {
    name: "an event's mark without its number",
    mutation: change('mark_event', (one) => ({ ...one, when: {} })),
    features: { ...ONE, cancel: true, replay: true, events: true },
    property: PROGRESS,
  },
  {
    name: 'an event is told before its end is durable',
    mutation: { tellsDurableEnds: false },
    features: { ...ONE, failover: true, unknown: true, cancel: true, events: true },
    property: PROPERTIES.told,
  },
  {
    name: 'a commit leaves its event to a note that is not stored yet',
    mutation: { reliesOnNote: 'nothing' },
    features: { ...ONE, crashes: true, events: true, notes: true, fused: true, keepsLeases: true },
    property: PROPERTIES.owed,
  },
  {
    name: 'a commit leaves its event to a note that a fail-over may take back',
    mutation: { reliesOnNote: 'written' },
    features: { ...ONE, failover: true, events: true, notes: true, fused: true, keepsLeases: true },
    property: PROPERTIES.owed,
  },
  {
    name: 'a note is dropped while its commit may come yet',
    mutation: {
      judgeNoted: (claimId, gen, record) => {
        const end = PROTOCOL.judgeNoted(claimId, gen, record);
        return end === 'open' ? 'none' : end;
      },
    },
    features: { ...ONE, events: true, notes: true, fused: true, keepsLeases: true },
    property: PROPERTIES.owed,
  },
  {
    name: 'a note tells an end that is not durable',
    mutation: { tellsDurableEnds: false },
    features: { ...ONE, failover: true, unknown: true, events: true, notes: true, fused: true },
    property: PROPERTIES.told,
  },
  {
    name: 'a worker tells an end whose commit it has only sent',
    mutation: { workerTells: 'sent' },
    features: { ...ONE, failover: true, unknown: true, events: true },
    property: PROPERTIES.told,
  },
  {
    name: 'a worker tells an end that it has only read back',
    mutation: { workerTells: 'read back' },
    features: { ...ONE, failover: true, unknown: true, events: true },
    property: PROPERTIES.told,
  },
  {
    name: 'a worker settles an event that was not confirmed',
    mutation: { settlesConfirmedAlone: false },
    features: { ...ONE, events: true },
    property: PROGRESS,
  },
  {
    name: 'a worker settles a note whose event was not confirmed',
    mutation: { settlesConfirmedAlone: false },
    features: { ...ONE, events: true, notes: true, fused: true, keepsLeases: true },
    property: PROPERTIES.owed,
  },
  {
    name: 'the janitor owes no missing letter',
    mutation: { owesMissingLetters: false },
    features: { ...ONE, reject: true, lossy: true, audit: true, deadLetters: true },
    property: PROGRESS,
  },
  {
    name: 'a message of several jobs is acknowledged before its bells are owed again',
    mutation: { splits: 'acknowledges first' },
    features: { ...ONE, jobs: 2, crashes: true, multiBell: true, keepsLeases: true },
    property: PROPERTIES.held,
  },
  {
    name: 'the second bell of a job in one batch takes its claim',
    mutation: { sharesClaimWithRepeats: true },
    features: { ...ONE, slots: 2, duplicates: true, batch: true, keepsLeases: true },
    property: PROPERTIES.single,
  },
  {
    name: 'claim and commit in one write on a redelivery too',
    mutation: { fusesRedelivered: true },
    features: { ...ONE, poison: true, fused: true, keepsLeases: true },
    property: PROGRESS,
  },
  {
    name: 'claim and commit in one write without gen',
    mutation: change('claim_commit', (one) => ({ ...one, when: { state: 'QUEUED' } })),
    features: { ...ONE, workers: 2, duplicates: true, retry: true, fused: true, staleBells: true, keepsLeases: true },
    property: PROPERTIES.own,
  },
  {
    name: 'an undo of a replay that somebody has claimed',
    mutation: change('undo_replay', (one) => ({ ...one, when: { formerGen: one.when.formerGen! } })),
    features: { ...ONE, reject: true, replay: true, undo: true },
    property: PROPERTIES.claims,
  },
  {
    name: 'a place is given back before the end is written',
    mutation: { freesPlace: 'before its end' },
    features: { ...ONE, unknown: true, limit: true, stranger: true, keepsLeases: true },
    property: PROPERTIES.places,
  },
  {
    name: 'a holder that finds no place of its own when it comes back goes on',
    mutation: { stopsWithoutPlace: false },
    features: { ...ONE, limit: true, stranger: true, keepsLeases: true },
    property: PROPERTIES.places,
  },
  {
    name: 'a claim takes the place of the former holder of its job, who may live',
    mutation: { takesPlaceOf: 'job' },
    features: { ...ONE, workers: 2, limit: true },
    property: PROPERTIES.places,
  },
  {
    name: 'the scheduler does not look for jobs that wait while a place is free',
    mutation: { callsWaiting: false },
    features: { ...ONE, limit: true, stranger: true, keepsLeases: true },
    property: PROGRESS,
  },
  {
    name: 'nobody looks again after a release to wait, nor does the scheduler',
    mutation: { looksAgain: false, callsWaiting: false },
    features: { ...ONE, jobs: 2, workers: 2, limit: true, keepsLeases: true },
    property: PROGRESS,
  },
];
