import type { JobState } from '../domain/job.ts';

/** A job whose record is another one now, durably, in a way that users see. A hint to look: what it is now stands in the record. */
export interface JobChange {
  readonly id: string;
  /** State that the change led to; absent where it left the state as it was. */
  readonly state?: JobState;
  /** Counters that the change led to, where it raised them: a record with smaller ones is an older one. */
  readonly gen?: number;
  readonly epoch?: number;
  /** Moment of the write on the store's clock, where it is known. */
  readonly at?: Date;
}

export interface JobChangesListener {
  /** In the order of the writes of a job; a change may be told twice. */
  changed(change: JobChange): void;
  /**
   * Changes up to now may not have been told: said once listening has begun, and after each gap that could not be closed.
   * From then on a majority read shows them.
   */
  missed(): void;
}

/** A listener that is being told. */
export interface JobChangesWatch {
  /** Nothing is told any more once it resolves. Safe to repeat. */
  close(): Promise<void>;
}

/** Tells of every change of every job, whichever process made it. */
export interface JobChanges {
  /** Begins at once, and goes on by itself when the store was away. */
  listen(listener: JobChangesListener): JobChangesWatch;
}
