import type { DeadLetterFilter } from '../domain/dead-letters/replay-operation.ts';
import type { JobRecord } from '../domain/job.ts';
import type { JobPage } from './job-store.ts';

/** Dead letters of one cause: one type, one stage, one fingerprint. */
export interface DeadLetterGroup {
  readonly type: string;
  readonly stage: number;
  /** Absent for jobs that failed before there were fingerprints. */
  readonly fingerprint?: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** The newest of them, where it is still stored. */
  readonly newest?: JobRecord;
}

/** What a replay has to know of a dead letter. */
export type DeadLetter = Pick<JobRecord, 'id' | 'gen'>;

/** FAILED jobs as a set. Methods throw `StoreUnavailableError`. */
export interface DeadLetters {
  count(filter: DeadLetterFilter): Promise<number>;
  /** Largest first, at most `limit`. */
  groups(filter: DeadLetterFilter, limit: number): Promise<readonly DeadLetterGroup[]>;
  /** Newest failure first. @param after `next` of the page before. @throws InvalidCursorError. */
  page(filter: DeadLetterFilter, limit: number, after?: string): Promise<JobPage>;
  /** All of them, in batches of up to 1,000, oldest failure of each place first. */
  each(filter: DeadLetterFilter): AsyncIterable<readonly DeadLetter[]>;
}
