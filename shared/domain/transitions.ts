import { errorFingerprint } from './dead-letters/fingerprint.ts';
import type { JobError } from './errors.ts';
import { ACTIVE_STATES, type JobPart, type JobState, TERMINAL_STATES } from './job.ts';
import { type FieldValue, fieldOf, type Known, literal, serverNow, serverNowSince, type Transition } from './transition.ts';

/** A bell is owed again this long after a debt was made, unless marked or claimed before (docs/protocol.md T1, T5). */
export const OWED_AFTER_MS = 15_000;
/** The relay rings one job at most this often (docs/protocol.md, Sweepers). */
export const RELAY_AGAIN_MS = 30_000;
/** Entries kept in a record's log. */
export const LOG_LENGTH = 20;
/** Ends of the whole worker process after which a job is a dead letter (docs/protocol.md T8). */
export const MAX_CRASHES = 3;

const HELD = ['claim', 'owner', 'lease'] as const;

interface LogFields {
  readonly event: string;
  readonly claim?: string;
  readonly code?: string;
  readonly message?: string;
}

/** A log entry with the record's own stage, attempt and run. */
function logged({ event, claim, code, message }: LogFields): NonNullable<Transition['append']> {
  const value: Record<string, FieldValue> = {
    at: serverNow(),
    event: literal(event),
    stage: fieldOf('stage'),
    attempt: fieldOf('attempt'),
    run: fieldOf('run'),
  };
  if (claim !== undefined) value.claim = literal(claim);
  if (code !== undefined) value.code = literal(code);
  if (message !== undefined) value.message = literal(message.slice(0, 500));
  return { path: 'log', value, keepLast: LOG_LENGTH };
}

/** A fresh debt: due in `afterMs`, with a token of its own, so that a late mark cannot erase it. */
function owed(token: string, afterMs: number): Record<string, FieldValue> {
  return { 'pub.due': serverNow(afterMs), 'pub.by': literal(token) };
}

function ended(state: JobState, retainMs: number, owedAfterMs = 0): Record<string, FieldValue> {
  return { ...untold(state, retainMs), 'evt.due': serverNow(owedAfterMs) };
}

/** An end whose event is owed elsewhere. */
function untold(state: JobState, retainMs: number): Record<string, FieldValue> {
  return { state, doneAt: serverNow(), expireAt: serverNow(retainMs) };
}

/** T2: the bell of this ring was confirmed; late and bare. */
export const mark = (tokens: readonly string[]): Transition => ({
  name: 'mark',
  when: { state: 'QUEUED', pubBy: tokens },
  unset: ['pub.due'],
  set: { 'pub.at': serverNow() },
  durability: 'local',
});

export interface ClaimTerms {
  readonly stage: number;
  readonly gen: number;
  readonly claim: string;
  readonly owner: string;
  readonly leaseMs: number;
}

/** T3: QUEUED → RUNNING under this claim. */
export const claim = (terms: ClaimTerms): Transition => ({
  name: 'claim',
  when: { state: 'QUEUED', stage: terms.stage, gen: terms.gen },
  unset: ['pub'],
  set: {
    state: 'RUNNING',
    claim: literal(terms.claim),
    owner: literal(terms.owner),
    startedAt: serverNowSince('results.at'),
    'lease.until': serverNow(terms.leaseMs),
  },
  inc: { epoch: 1, attempt: 1 },
  durability: 'local',
});

/** T4: the holders of these claims live. */
export const heartbeat = (claims: readonly string[], leaseMs: number, durability: Transition['durability'] = 'local'): Transition => ({
  name: 'heartbeat',
  when: { state: 'RUNNING', claim: claims },
  set: { 'lease.until': serverNow(leaseMs) },
  durability,
});

/** Best effort: the handler's own progress, never backwards. */
export const progress = (claimId: string, fraction: number): Transition => ({
  name: 'progress',
  when: { state: 'RUNNING', claim: claimId },
  set: { progress: { atLeast: fraction } },
  durability: 'local',
});

export interface CommitTerms {
  readonly claim: string;
  readonly last: boolean;
  /** Token of the next stage's debt. */
  readonly token: string;
  readonly retainMs: number;
  /** The event of the last stage is owed by a durable note of this claim (T12): the record owes none. */
  readonly isNoted?: boolean;
  /** Whoever commits tells the end itself (T12): the relay is owed it later, for the case that it could not. */
  readonly isTold?: boolean;
}

function completed({ isNoted, isTold, retainMs }: CommitTerms): Record<string, FieldValue> {
  return isNoted ? untold('COMPLETED', retainMs) : ended('COMPLETED', retainMs, isTold ? OWED_AFTER_MS : 0);
}

/** T5: the one write that makes a stage's effect happen. */
export const commit = (terms: CommitTerms): Transition => ({
  name: 'commit',
  when: { state: 'RUNNING', claim: terms.claim },
  unset: [...HELD, 'startedAt', 'progress', 'err', ...(terms.last ? ['active', 'pub'] : [])],
  set: terms.last ? completed(terms) : { state: 'QUEUED', attempt: 0, crashes: 0, ...owed(terms.token, OWED_AFTER_MS) },
  inc: terms.last ? { gen: 1, 'evt.seq': 1 } : { stage: 1, gen: 1 },
  append: {
    path: 'results',
    value: {
      stage: fieldOf('stage'),
      run: fieldOf('run'),
      epoch: fieldOf('epoch'),
      claim: literal(terms.claim),
      startedAt: fieldOf('startedAt'),
      at: serverNow(),
    },
  },
  durability: 'majority',
});

export interface ClaimCommitTerms extends CommitTerms {
  readonly stage: number;
  readonly gen: number;
  /** How long the handler ran. */
  readonly tookMs: number;
  /** Of the records as they were read, where they have it in common; their stage and generation fix it. */
  readonly known?: { readonly run: number; readonly epoch: number; readonly notBefore: Date };
}

/**
 * T3 and T5 in one write, for inline handlers that may run twice: there was no lease, whoever commits first wins. A claim of
 * its own is the evidence, and epoch and attempt rise as if it had been claimed.
 */
export const claimCommit = (terms: ClaimCommitTerms): Transition => {
  const update = commit(terms);
  return {
    name: 'claim_commit',
    when: { state: 'QUEUED', stage: terms.stage, gen: terms.gen },
    // The debt of this stage goes as a whole: a mark of its bell that comes late finds another token.
    unset: ['progress', 'err', 'pub', ...(terms.last ? ['active'] : [])],
    set: update.set!,
    inc: { ...update.inc, epoch: 1, ...(terms.last && { attempt: 1 }) },
    append: {
      path: 'results',
      value: {
        ...update.append!.value,
        epoch: fieldOf('epoch', 1),
        startedAt: serverNowSince('results.at', -terms.tookMs),
      },
    },
    ...(terms.known && { known: knownOf(terms.stage, terms.known) }),
    durability: 'majority',
  };
};

function knownOf(stage: number, { run, epoch, notBefore }: NonNullable<ClaimCommitTerms['known']>): Known {
  return { fields: { stage, run, epoch }, notBefore };
}

export interface FailTerms {
  readonly claim: string;
  readonly error: JobError;
  readonly token: string;
  readonly afterMs: number;
}

/** T6: the attempt failed and another is due. */
export const fail = (terms: FailTerms): Transition => ({
  name: 'fail',
  when: { state: 'RUNNING', claim: terms.claim },
  unset: [...HELD, 'startedAt', 'pub'],
  set: { state: 'RETRY_WAIT', err: literal(terms.error), ...owed(terms.token, terms.afterMs) },
  inc: { gen: 1 },
  append: logged({ event: 'retry', claim: terms.claim, code: terms.error.code, message: terms.error.message }),
  durability: 'majority',
});

export interface DeadTerms {
  readonly claim: string;
  readonly error: JobError;
  readonly token: string;
  readonly retainMs: number;
}

function deadUpdate(terms: DeadTerms, event: string): Omit<Transition, 'name' | 'when'> {
  return {
    unset: [...HELD, 'startedAt', 'active', 'pub'],
    set: {
      ...ended('FAILED', terms.retainMs),
      err: literal({ ...terms.error, fingerprint: errorFingerprint(terms.error) }),
      ...owed(terms.token, 0),
      'pub.to': 'dlq',
    },
    inc: { gen: 1, 'evt.seq': 1 },
    append: logged({ event, claim: terms.claim, code: terms.error.code, message: terms.error.message }),
    durability: 'majority',
  };
}

/** T7: no attempt is left, or none can help. */
export const dead = (terms: DeadTerms): Transition => ({
  name: 'dead',
  when: { state: 'RUNNING', claim: terms.claim },
  ...deadUpdate(terms, 'dead'),
});

/** T8: the holder's lease ran out; the job waits for another try. `attempt` is not raised. */
export const leaseLost = (terms: { claim: string; token: string; afterMs: number; error: JobError }): Transition => ({
  name: 'lease_lost',
  when: { state: 'RUNNING', claim: terms.claim, leaseExpired: true },
  unset: [...HELD, 'startedAt', 'pub'],
  set: { state: 'RETRY_WAIT', err: literal(terms.error), ...owed(terms.token, terms.afterMs) },
  inc: { gen: 1, crashes: 1 },
  append: logged({ event: 'lease_lost', claim: terms.claim, code: terms.error.code, message: terms.error.message }),
  durability: 'majority',
});

/** T8 for the last crash allowed: the job is a dead letter. */
export const crashLoop = (terms: DeadTerms): Transition => {
  const update = deadUpdate(terms, 'crash_loop');
  return {
    name: 'crash_loop',
    when: { state: 'RUNNING', claim: terms.claim, leaseExpired: true },
    ...update,
    inc: { ...update.inc, crashes: 1 },
  };
};

/** T9: ends an active job, whoever holds it. */
export const cancel = (retainMs: number): Transition => ({
  name: 'cancel',
  when: { active: true, state: ACTIVE_STATES },
  unset: [...HELD, 'startedAt', 'active', 'pub'],
  set: ended('CANCELED', retainMs),
  inc: { gen: 1, 'evt.seq': 1 },
  append: logged({ event: 'canceled' }),
  durability: 'majority',
});

/** T9 for a job that is still as its caller has seen it. */
export const cancelAt = (retainMs: number, gen: number): Transition => {
  const update = cancel(retainMs);
  return { ...update, when: { ...update.when, gen } };
};

/** T9 release: handed back at shutdown; it does not count as an attempt. */
export const release = (terms: { claim: string; token: string; afterMs?: number; message?: string; waitsFor?: string }): Transition => ({
  name: 'release',
  when: { state: 'RUNNING', claim: terms.claim },
  unset: [...HELD, 'startedAt', 'pub'],
  set: {
    state: 'QUEUED',
    progress: { atLeast: 0 },
    ...owed(terms.token, terms.afterMs ?? 0),
    ...(terms.waitsFor !== undefined && { 'pub.for': literal(terms.waitsFor) }),
  },
  inc: { gen: 1, attempt: -1 },
  append: logged({ event: 'released', claim: terms.claim, ...(terms.message !== undefined && { message: terms.message }) }),
  durability: 'majority',
});

/** T10: as cancel, for a deadline that has passed. */
export const expire = (retainMs: number): Transition => ({
  ...cancel(retainMs),
  name: 'expire',
  when: { active: true, state: ACTIVE_STATES, deadlinePassed: true },
  set: ended('EXPIRED', retainMs),
  append: logged({ event: 'expired' }),
});

/** A changed payload of a job. */
export interface EditedPayload {
  readonly text: string;
  readonly uploadId?: string;
}

export interface ReplayTerms {
  readonly gen: number;
  readonly token: string;
  /** Start at the failed stage (default) or from the beginning. */
  readonly fromBeginning?: boolean;
  /** Why, for the log. */
  readonly message?: string;
  /** What the job is given from now on, as JSON text of `{input, options}`, and the upload that its input names. */
  readonly edited?: EditedPayload;
  /** Only of a dead letter: what it was is kept, so that the replay can be undone. */
  readonly mayBeUndone?: boolean;
}

/** What a replay that may be undone keeps of a dead letter; all of it is there in each. */
const FORMER = ['gen', 'stage', 'attempt', 'crashes', 'results', 'err', 'doneAt'] as const;

/** An edited input may name no upload any more. */
function editedAway({ edited }: ReplayTerms): readonly string[] {
  return edited ? ['uploadId'] : [];
}

/** T11: a new run of an ended job. Earlier results are kept unless it starts from the beginning; what it needs must be stored still. */
export const replay = (terms: ReplayTerms): Transition => ({
  name: 'replay',
  when: {
    state: terms.mayBeUndone ? 'FAILED' : ['FAILED', 'CANCELED', 'EXPIRED'],
    gen: terms.gen,
    keeps: terms.fromBeginning ? ['payload'] : ['payload', 'outputs'],
  },
  unset: [...HELD, 'startedAt', 'pub', 'expireAt', 'doneAt', 'err', 'deadlineAt', 'progress', 'evt.due', 'removed', ...editedAway(terms)],
  set: {
    state: 'QUEUED',
    attempt: 0,
    crashes: 0,
    active: true,
    ...owed(terms.token, 0),
    ...(terms.edited && { payload: literal(terms.edited.text) }),
    ...(terms.edited?.uploadId !== undefined && { uploadId: literal(terms.edited.uploadId) }),
    ...(terms.mayBeUndone && Object.fromEntries(FORMER.map((field) => [`former.${field}`, fieldOf(field)]))),
    ...(terms.fromBeginning && { stage: 0, results: literal([]) }),
  },
  inc: { gen: 1, run: 1 },
  append: logged({ event: 'replayed', ...(terms.message !== undefined && { message: terms.message }) }),
  durability: 'majority',
});

export interface UndoReplayTerms {
  /** The generation that the replay made. */
  readonly gen: number;
  readonly token: string;
  readonly retainMs: number;
  /** Why, for the log. */
  readonly message?: string;
}

/**
 * T11 taken back: a replay that nobody has claimed is a dead letter again, as it was. A claim leaves its generation behind in
 * any case, so equal state and generation mean that none has held it.
 */
export const undoReplay = (terms: UndoReplayTerms): Transition => ({
  name: 'undo_replay',
  when: { state: 'QUEUED', gen: terms.gen, formerGen: terms.gen - 1 },
  unset: ['active', 'pub', 'former'],
  set: {
    state: 'FAILED',
    ...Object.fromEntries(FORMER.filter((field) => field !== 'gen').map((field) => [field, fieldOf(`former.${field}`)])),
    expireAt: serverNow(terms.retainMs),
    'evt.due': serverNow(),
    ...owed(terms.token, 0),
    'pub.to': 'dlq',
  },
  inc: { gen: 1, 'evt.seq': 1 },
  append: logged({ event: 'replay_undone', ...(terms.message !== undefined && { message: terms.message }) }),
  durability: 'majority',
});

/** Fence miss, lost bell found by hand, or audit: the bell of this generation is owed again. QUEUED only. */
export const rearm = (gen: number, token: string, afterMs = 0, name: 'rearm' | 'park' | 'audit' = 'rearm'): Transition => ({
  name,
  when: { state: 'QUEUED', gen },
  set: owed(token, afterMs),
  durability: 'majority',
});

export interface ReplanTerms {
  readonly gen: number;
  /** Tokens of the debts that were seen: a job that was released meanwhile has another. */
  readonly by: string | readonly string[];
  readonly token: string;
  /** When it is released now. */
  readonly at: Date;
}

/** An off-peak job whose window has changed: another moment of release. SCHEDULED only. */
export const replan = ({ gen, by, token, at }: ReplanTerms): Transition => ({
  name: 'replan',
  when: { state: 'SCHEDULED', gen, pubBy: by },
  set: { runAt: at, 'pub.due': at, 'pub.by': literal(token) },
  durability: 'majority',
});

/** Relay: takes due debts before ringing, and turns SCHEDULED and RETRY_WAIT into QUEUED at the same generation. */
export const take = (token: string): Transition => ({
  name: 'take',
  when: { state: ['QUEUED', 'SCHEDULED', 'RETRY_WAIT'], pubDue: true, pubTo: 'none' },
  set: { state: 'QUEUED', ...owed(token, RELAY_AGAIN_MS) },
  durability: 'majority',
});

/** Relay: takes due dead letters. */
export const takeDead = (token: string): Transition => ({
  name: 'take_dead',
  when: { state: 'FAILED', pubDue: true, pubTo: 'dlq' },
  set: owed(token, RELAY_AGAIN_MS),
  durability: 'majority',
});

/** The dead letter is in its queue. */
export const markDead = (gen: number, token: string): Transition => ({
  name: 'mark_dead',
  when: { state: 'FAILED', gen, pubTo: 'dlq', pubBy: token },
  unset: ['pub.due', 'pub.to'],
  set: { 'pub.at': serverNow() },
  durability: 'majority',
});

/** Janitor: the dead letter is missing from its queue and owed again. */
export const oweDead = (gen: number, token: string): Transition => ({
  name: 'owe_dead',
  when: { state: 'FAILED', gen, pubDueAbsent: true },
  set: { ...owed(token, 0), 'pub.to': 'dlq' },
  durability: 'majority',
});

/** T12: a due event that was not confirmed comes again later. A job that was replayed meanwhile owes none. */
export const postponeEvent = (seq: number): Transition => ({
  name: 'postpone_event',
  when: { state: TERMINAL_STATES, evtSeq: seq },
  set: { 'evt.due': serverNow(RELAY_AGAIN_MS) },
  durability: 'local',
});

/** T12: the event is out. */
export const markEvent = (seq: number): Transition => ({
  name: 'mark_event',
  when: { evtSeq: seq },
  unset: ['evt.due'],
  durability: 'local',
});

/** T13: a part of an ended job has had its time. The record says so before the part goes, so that no replay begins without it. */
export const removePart = (gen: number, part: JobPart): Transition => ({
  name: 'remove_part',
  when: { state: TERMINAL_STATES, gen, keeps: [part] },
  // The text of a short payload lies in the job's document.
  ...(part === 'payload' && { unset: ['payload'] }),
  set: { [`removed.${part}`]: serverNow(), ...(part === 'timeline' && { log: literal([]) }) },
  durability: 'majority',
});

/** T13: an ended job is kept so long after its end. */
export const retain = (gen: number, retainMs: number): Transition => ({
  name: 'retain',
  when: { state: TERMINAL_STATES, gen },
  set: { expireAt: fieldOf('doneAt', retainMs) },
  durability: 'majority',
});
