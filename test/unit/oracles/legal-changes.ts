import type { JobRecord, LogEntry, StageResult } from '../../../shared/domain/job.ts';
import type { ChangeKind } from '../../oracles/change-kind.ts';
import type { Change } from '../../oracles/history-observer.ts';

/** Moment of each change, and moments around it. */
export const AT_MS = Date.parse('2026-01-15T12:00:00Z');
export const at = (plusMs: number): Date => new Date(AT_MS + plusMs);

/** A record with fields to be left out: `undefined` takes one away. */
export type Fields = { readonly [K in keyof JobRecord]?: JobRecord[K] | undefined };

/** A record with these fields changed. */
export function withFields(record: JobRecord, fields: Fields): JobRecord {
  const merged: Record<string, unknown> = { ...record, ...fields };
  for (const [key, value] of Object.entries(merged)) if (value === undefined) delete merged[key];
  return merged as unknown as JobRecord;
}

const BASE: JobRecord = {
  id: 'job',
  tenant: 't',
  reqHash: 'hash',
  type: 'three',
  pipelineVersion: 1,
  lane: 'standard',
  state: 'QUEUED',
  stage: 1,
  run: 2,
  gen: 7,
  epoch: 4,
  attempt: 1,
  crashes: 0,
  pub: { at: at(-900), by: 'old' },
  results: [{ stage: 0, run: 2, epoch: 3, claim: 'earlier', startedAt: at(-9_000), at: at(-8_000) }],
  log: [{ at: at(-20_000), event: 'replayed', stage: 0, attempt: 3, run: 1 }],
  evt: { seq: 1 },
  active: true,
  deadlineAt: at(-1),
  createdAt: at(-60_000),
  schemaVersion: 1,
};

const held: Fields = { claim: 'mine', owner: 'w:1', lease: { until: at(-1) }, startedAt: at(-5_000) };
const free: Fields = { claim: undefined, owner: undefined, lease: undefined, startedAt: undefined };
const running = withFields(BASE, { ...held, state: 'RUNNING', attempt: 2, crashes: 1, epoch: 5, pub: undefined, progress: 0.5 });
const over: Fields = { active: undefined, doneAt: at(0), expireAt: at(60_000), evt: { seq: 2, due: at(0) }, gen: 8 };
const err = { code: 'broken', message: 'It broke.', errorClass: 'retry' } as const;
const letter = withFields(BASE, { ...over, state: 'FAILED', err, pub: { due: at(-1), by: 'old', to: 'dlq' } });

const scheduled = withFields(BASE, {
  ...{ state: 'SCHEDULED', stage: 0, run: 0, gen: 1, results: [], log: [] },
  ...{ offPeak: { window: 'night', notBefore: at(2_000) }, runAt: at(5_000), pub: { due: at(5_000), by: 'old' } },
});

const former = { gen: 6, stage: 1, attempt: 3, crashes: 1, results: BASE.results, err, doneAt: at(-30_000) };

const logOf = (before: JobRecord, event: string, more: Partial<LogEntry> = {}): readonly LogEntry[] => [
  ...before.log,
  { at: at(0), event, stage: before.stage, attempt: before.attempt, run: before.run, ...more },
];
const plus = (before: JobRecord, more: Partial<StageResult> = {}): readonly StageResult[] => [
  ...before.results,
  { stage: 1, run: 2, epoch: 5, claim: 'mine', startedAt: at(-5_000), at: at(0), ...more },
];
const toNext: Fields = {
  state: 'QUEUED',
  stage: 2,
  gen: 8,
  attempt: 0,
  crashes: 0,
  progress: undefined,
  pub: { due: at(15_000), by: 'new' },
};
const toEnd: Fields = { ...over, state: 'COMPLETED', progress: undefined, pub: undefined };
const byHolder = { claim: 'mine', code: 'broken', message: 'It broke.' };
const toWait: Fields = { ...free, state: 'RETRY_WAIT', gen: 8, err, pub: { due: at(900), by: 'new' } };
const toDead: Fields = { ...free, ...over, state: 'FAILED', err, pub: { due: at(0), by: 'new', to: 'dlq' } };
const twice = withFields(running, { crashes: 2 });

function change(before: JobRecord, fields: Fields): Change & { before: JobRecord; after: JobRecord } {
  return { id: 'job', before, after: withFields(before, fields), atMs: AT_MS };
}

type Legal = Readonly<Record<Exclude<ChangeKind, 'insert' | 'delete'>, Change & { readonly before: JobRecord; readonly after: JobRecord }>>;

/** One legal change of each kind, written by hand from docs/protocol.md. */
export const LEGAL: Legal = {
  mark: change(withFields(BASE, { pub: { due: at(5_000), by: 'old' } }), { pub: { at: at(0), by: 'old' } }),
  owe: change(withFields(BASE, { pub: { due: at(-1), by: 'old' } }), { pub: { due: at(30_000), by: 'new' } }),
  owe_again: change(BASE, { pub: { at: at(-900), due: at(0), by: 'new' } }),
  replan: change(scheduled, { runAt: at(9_000), pub: { due: at(9_000), by: 'new' } }),
  take: change(withFields(BASE, { state: 'RETRY_WAIT', pub: { due: at(-1), by: 'old' } }), {
    state: 'QUEUED',
    pub: { due: at(30_000), by: 'new' },
  }),
  claim: change(BASE, {
    state: 'RUNNING',
    claim: 'mine',
    owner: 'w:1',
    startedAt: at(0),
    lease: { until: at(30_000) },
    epoch: 5,
    attempt: 2,
    pub: undefined,
  }),
  heartbeat: change(running, { lease: { until: at(30_000) } }),
  progress: change(running, { progress: 0.6 }),
  commit: change(running, { ...free, ...toNext, results: plus(running) }),
  commit_last: change(running, { ...free, ...toEnd, results: plus(running) }),
  fused: change(BASE, { ...toNext, epoch: 5, results: plus(BASE) }),
  fused_last: change(BASE, { ...toEnd, epoch: 5, attempt: 2, results: plus(BASE) }),
  fail: change(running, { ...toWait, log: logOf(running, 'retry', byHolder) }),
  dead: change(running, { ...toDead, log: logOf(running, 'dead', byHolder) }),
  lease_lost: change(running, { ...toWait, crashes: 2, log: logOf(running, 'lease_lost', byHolder) }),
  crash_loop: change(twice, { ...toDead, crashes: 3, log: logOf(twice, 'crash_loop', byHolder) }),
  cancel: change(running, { ...free, ...over, state: 'CANCELED', pub: undefined, log: logOf(running, 'canceled') }),
  expire: change(running, { ...free, ...over, state: 'EXPIRED', pub: undefined, log: logOf(running, 'expired') }),
  release: change(running, {
    ...free,
    state: 'QUEUED',
    gen: 8,
    attempt: 1,
    pub: { due: at(0), by: 'new' },
    log: logOf(running, 'released', { claim: 'mine' }),
  }),
  replay: change(withFields(letter, { progress: 0.5 }), {
    state: 'QUEUED',
    gen: 9,
    run: 3,
    attempt: 0,
    crashes: 0,
    active: true,
    pub: { due: at(0), by: 'new' },
    evt: { seq: 2 },
    deadlineAt: undefined,
    expireAt: undefined,
    doneAt: undefined,
    err: undefined,
    progress: undefined,
    log: logOf(letter, 'replayed'),
  }),
  undo_replay: change(withFields(BASE, { former, run: 3, attempt: 0, deadlineAt: undefined }), {
    state: 'FAILED',
    gen: 8,
    attempt: 3,
    crashes: 1,
    err,
    active: undefined,
    former: undefined,
    doneAt: at(-30_000),
    expireAt: at(60_000),
    evt: { seq: 2, due: at(0) },
    pub: { due: at(0), by: 'new', to: 'dlq' },
    log: [...BASE.log, { at: at(0), event: 'replay_undone', stage: 1, attempt: 0, run: 3 }],
  }),
  take_dead: change(letter, { pub: { due: at(30_000), by: 'new', to: 'dlq' } }),
  mark_dead: change(letter, { pub: { at: at(0), by: 'old' } }),
  owe_dead: change(withFields(letter, { pub: { at: at(-900), by: 'old' } }), { pub: { at: at(-900), due: at(0), by: 'new', to: 'dlq' } }),
  postpone_event: change(letter, { evt: { seq: 2, due: at(30_000) } }),
  mark_event: change(letter, { evt: { seq: 2 } }),
  remove_part: change(letter, { removed: { timeline: at(0) }, log: [] }),
  retain: change(letter, { expireAt: at(5_000) }),
};

/** A first write, by hand. */
export const LEGAL_INSERT: Change & { readonly after: JobRecord } = {
  id: 'job',
  after: withFields(BASE, {
    stage: 0,
    run: 0,
    gen: 1,
    epoch: 0,
    attempt: 0,
    pub: { due: at(15_000), by: 'first' },
    results: [],
    log: [],
    evt: undefined,
    createdAt: at(0),
  }),
  atMs: AT_MS,
};

/** Retention removes a job, by hand. */
export const LEGAL_DELETE: Change & { readonly before: JobRecord } = {
  id: 'job',
  before: withFields(BASE, { ...over, state: 'COMPLETED', pub: undefined, expireAt: at(-1), doneAt: at(-100_000) }),
  atMs: AT_MS,
};
