import type { Bell, JobRecord } from './job.ts';

/** What a bell that did not win its claim means, given the record as read. */
export type BellVerdict =
  /** The record is RUNNING under the very claim that was tried. */
  | 'won'
  /** Still due at this stage and generation: claim again, never ack. */
  | 'claim_again'
  /** The bell is ahead of what is readable, or there is no record (yet). */
  | 'early'
  /** A dead letter moved to the stage queue by hand: a replay request. */
  | 'replay'
  /** Nothing to do for this bell: acknowledge once a majority read says so. */
  | 'stale';

/** Whether retention has left what a new run needs; from the beginning it needs no outputs. */
export function keepsWhatReplayNeeds({ removed }: Pick<JobRecord, 'removed'>, fromBeginning = false): boolean {
  return removed?.payload === undefined && (fromBeginning || removed?.outputs === undefined);
}

/** Decides docs/protocol.md T3's miss. @param myClaim the claim that was tried. */
export function judgeBell(bell: Bell, stage: number, record: JobRecord | undefined, myClaim: string | undefined): BellVerdict {
  if (!record || bell.gen > record.gen) return 'early';
  if (record.state === 'RUNNING' && record.claim === myClaim && myClaim !== undefined) return 'won';
  if (bell.gen < record.gen || record.stage !== stage) return 'stale';
  if (record.state === 'QUEUED') return 'claim_again';
  if (record.state === 'FAILED' && keepsWhatReplayNeeds(record)) return 'replay';
  return 'stale';
}

/**
 * True when a majority read allows the acknowledgement of a bell: its generation is past, it names a stage that this
 * generation is not for (rung by hand; it can never start anything), the record is held by another claim, or it is in a
 * state that needs no bell of this generation (ended) or owes its own (SCHEDULED, RETRY_WAIT).
 */
export function mayAcknowledge(bell: Bell, stage: number, record: JobRecord | undefined, myClaim: string | undefined): boolean {
  if (!record) return true;
  if (record.gen > bell.gen) return true;
  if (record.gen < bell.gen) return false;
  if (record.stage !== stage) return true;
  if (record.state === 'RUNNING') return record.claim !== myClaim;
  return record.state !== 'QUEUED';
}
