import type { EventNote } from '../domain/event-note.ts';
import type { JobRecord } from '../domain/job.ts';

/** A job of a note: what tells whether its event is owed, and what the event tells. */
export type NotedJob = Pick<
  JobRecord,
  'id' | 'tenant' | 'type' | 'state' | 'createdAt' | 'doneAt' | 'expireAt' | 'err' | 'callback' | 'gen' | 'evt' | 'results'
>;

/** A note that has come due. */
export interface DueNote extends EventNote {
  readonly due: Date;
}

/** Terminal events that are owed together. Every method may throw `StoreUnavailableError`. */
export interface EventNotes {
  /** Durable (majority) when it returns. Due in 15 s, or when `makeNoteDue` says so. */
  insertNote(note: EventNote): Promise<void>;

  /** The commit is written: due now. May be rolled back by a fail-over; then it is due as it was. */
  makeNoteDue(id: string): Promise<void>;

  /** Notes that are due, oldest first, at most `limit`. */
  dueNotes(limit: number): Promise<readonly DueNote[]>;

  /** Jobs of the ids as a majority has them, in no order, each with its last result alone. */
  readNoted(ids: readonly string[]): Promise<readonly NotedJob[]>;

  /**
   * The note is for these jobs alone from now on, and due in 30 s: unless it was made due meanwhile, then it stays as it is. May be rolled
   * back by a fail-over.
   */
  postponeNote(note: DueNote): Promise<void>;

  /** Nothing is owed by these any more. May be rolled back by a fail-over. */
  removeNotes(ids: readonly string[]): Promise<void>;

  /** Whether the note of this claim is for this job still. */
  isNoted(claim: string, jobId: string): Promise<boolean>;
}
