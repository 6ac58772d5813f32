import type { JobRecord } from '../domain/job.ts';

/** Jobs that wait for a place of a limit (`pub.for`). Methods throw `StoreUnavailableError`. */
export interface WaitingTurns {
  /** The one that was submitted first and is not under way to a worker already. @param except ids to leave out. */
  next(name: string, except: readonly string[]): Promise<JobRecord | undefined>;
  /** Names of limits that jobs wait for, in their order, at most `limit`. @param after the last name of the call before. */
  names(limit: number, after?: string): Promise<readonly string[]>;
}
