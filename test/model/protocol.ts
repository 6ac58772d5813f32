import { judgeBell, mayAcknowledge } from '../../shared/domain/doorbell.ts';
import { judgeNoted } from '../../shared/domain/event-note.ts';
import type { JobTypeSpec } from '../../shared/domain/pipeline.ts';
import { defineJobType } from '../../shared/domain/pipeline.ts';
import { endTransition, nextBellAfter } from '../../shared/domain/stage-end.ts';
import type { Transition } from '../../shared/domain/transition.ts';

/**
 * What the model checks: the decisions of shared/domain, called as they are, and what the use cases of shared/jobs do around
 * them. A mutant changes one of these.
 */
export interface Protocol {
  /** Every transition of shared/domain/transitions.ts goes through here before it is interpreted. */
  readonly rewrite: (transition: Transition) => Transition;
  readonly judgeBell: typeof judgeBell;
  readonly mayAcknowledge: typeof mayAcknowledge;
  readonly endTransition: typeof endTransition;
  readonly nextBellAfter: typeof nextBellAfter;
  /** Read concern of the look that an acknowledgement rests on. */
  readonly evidence: 'majority' | 'local';
  /** Read concern of the read-back of one's own write. */
  readonly readBack: 'local' | 'majority';
  /** The bell is acknowledged when the handler starts. */
  readonly acksBeforeCommit: boolean;
  /** A commit that was only read back is taken for durable. */
  readonly acksReadBack: boolean;
  /** Which bells are rung although the end was only read back and may not be durable. */
  readonly ringsReadBack: 'all' | 'commits';
  /** The relay rings a debt whose take may have been applied, on a local look: it may not be durable. */
  readonly ringsTakeReadBack: boolean;
  /** A holder that was fenced owes the bell again before it looks whether to acknowledge. */
  readonly rearmsAfterFenceMiss: boolean;
  /** A claim of a job that has crashed a worker is made durable before its handler starts. */
  readonly makesSuspectsDurable: boolean;
  /** What waits for the quarantine: handed back, kept waiting with its claim, or there is no quarantine. */
  readonly quarantine: 'release' | 'wait' | 'none';
  /**
   * A lone job's next bell leaves before its commit is durable. Once it is, the bell is marked, or rung again where a worker has
   * given it up meanwhile (`sure`); it is marked however late that is (`late`), or at once (`at once`).
   */
  readonly ringsEarly: 'no' | 'sure' | 'late' | 'at once';
  /** What is done with a redelivered message of several jobs: its bells are owed again before it is acknowledged. */
  readonly splits: 'owes first' | 'acknowledges first' | 'no';
  /** A dead letter that was moved to the stage queue is not acknowledged before its job is replayed. */
  readonly keepsMovedLetters: boolean;
  /** Marks are written for all ids and tokens that have gathered: those of a job whose newest ring was not confirmed go first. */
  readonly dropsMarksOfUnconfirmed: boolean;
  /** An event is published only once the end that it tells is durable. */
  readonly tellsDurableEnds: boolean;
  /** When a worker tells the end that it commits: once that is acknowledged, where it is only read back too, or when it is sent. */
  readonly workerTells: 'acknowledged' | 'read back' | 'sent';
  /** A worker settles what owes an event only where the broker has confirmed it. */
  readonly settlesConfirmedAlone: boolean;
  readonly judgeNoted: typeof judgeNoted;
  /** When a commit leaves its event to a note: once that is durable, once it is written, or before it is. */
  readonly reliesOnNote: 'durable' | 'written' | 'nothing';
  /** The relay runs. */
  readonly relays: boolean;
  /** The janitor owes letters again that are missing. */
  readonly owesMissingLetters: boolean;
  /** Marks whose token is no record's any more are kept in the model: for mutants whose marks do harm without it. */
  readonly keepsStaleMarks: boolean;
  /** Fused claim and commit is for first deliveries only. */
  readonly fusesRedelivered: boolean;
  /** The second bell of one job in a batch takes the batch's claim for its own. */
  readonly sharesClaimWithRepeats: boolean;
  /** When a claim gives its place back: once its end is written, or once its handler has ended. */
  readonly freesPlace: 'after its end' | 'before its end';
  /** Whose place a claim may take: its own and that kept for its job, or that of any former claim of its job as well. */
  readonly takesPlaceOf: 'claim' | 'job';
  /** A holder that finds no place of its own when it renews it hands its job back. */
  readonly stopsWithoutPlace: boolean;
  /** Who hands a job back to wait looks for a free place once more. */
  readonly looksAgain: boolean;
  /** The scheduler looks for jobs that wait while a place is free. */
  readonly callsWaiting: boolean;
}

export const PROTOCOL: Protocol = {
  rewrite: (transition) => transition,
  judgeBell,
  mayAcknowledge,
  endTransition,
  nextBellAfter,
  evidence: 'majority',
  readBack: 'local',
  acksBeforeCommit: false,
  acksReadBack: false,
  ringsReadBack: 'commits',
  ringsTakeReadBack: false,
  rearmsAfterFenceMiss: true,
  makesSuspectsDurable: true,
  quarantine: 'release',
  ringsEarly: 'sure',
  splits: 'owes first',
  keepsMovedLetters: true,
  dropsMarksOfUnconfirmed: true,
  tellsDurableEnds: true,
  workerTells: 'acknowledged',
  settlesConfirmedAlone: true,
  judgeNoted,
  reliesOnNote: 'durable',
  relays: true,
  owesMissingLetters: true,
  keepsStaleMarks: false,
  fusesRedelivered: false,
  sharesClaimWithRepeats: false,
  freesPlace: 'after its end',
  takesPlaceOf: 'claim',
  stopsWithoutPlace: true,
  looksAgain: true,
  callsWaiting: true,
};

/** A job type for the model: as many stages as asked for, two attempts each. */
export function modelType(stages: number): JobTypeSpec {
  const retry = { maxAttempts: 2, baseDelayMs: 1_000, maxDelayMs: 1_000 };
  return defineJobType(
    'model',
    Array.from({ length: stages }, (_, index) => ({ name: `s${index}`, retry })),
  );
}
