import type { JobState } from '../job.ts';

/** What jobs are looked for: all present parts must hold. */
export interface JobSearch {
  readonly tenant: string;
  readonly state?: JobState;
  readonly type?: string;
  /** The job has all of these. */
  readonly tags?: readonly string[];
  /** Code of its last error; without a state, of failed jobs. */
  readonly errorCode?: string;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
}

/** A tag of a job: up to 64 letters, digits and `. _ : / -`. */
export const TAG = /^[A-Za-z0-9._:/-]{1,64}$/;
/** Tags of one job, at most. */
export const MAX_TAGS = 20;
