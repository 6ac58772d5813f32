import type { AskedLane } from '../domain/job.ts';

/** Looks for jobs in lane `overflow`. */
export interface OverflowJobs {
  /** Whether a tenant has jobs there that are QUEUED, having asked for this lane. @throws StoreUnavailableError. */
  hasWaiting(tenant: string, lane: AskedLane): Promise<boolean>;
}
