import type { JobRecord, Lane } from '../domain/job.ts';
import type { Backlog } from './job-store.ts';

/** What is queued at one stage and lane. */
export interface QueuedFigures {
  readonly stage: number;
  readonly lane: Lane;
  readonly count: number;
  /** Of these, those whose bell was marked as rung by now. */
  readonly rung: number;
  /** Of these, those whose bell was marked as rung by the moment asked about: they have waited since. */
  readonly rungBefore: number;
  /** Among these is the one that has waited longest: the first by the mark of its bell, and the first without one. */
  readonly oldest: readonly JobRecord[];
}

/** Figures about all jobs that have not ended, and about what is owed. */
export interface Figures {
  /** The store's clock when they were taken. */
  readonly now: Date;
  readonly queued: readonly QueuedFigures[];
  /** In the other states: RUNNING, RETRY_WAIT, SCHEDULED, FAILED. */
  readonly others: readonly Backlog[];
  /** The earliest moment at which a doorbell or dead letter is owed; absent when none is. */
  readonly firstBellDue?: Date;
  /** The same of terminal events. */
  readonly firstEventDue?: Date;
}

/** What metrics show of all jobs. */
export interface JobFigures {
  /** @param before for `rungBefore`; default: nothing counts. @throws StoreUnavailableError, also when it takes longer than 10 s. */
  read(before?: Date): Promise<Figures>;
}
