import type { JobRecord } from '../domain/job.ts';

/** Off-peak jobs that wait, alike in these. */
export interface OffPeakCount {
  readonly type: string;
  /** The window that they name. */
  readonly window?: string;
  /** `SCHEDULED`: their release is to come. `QUEUED`: released, or held back since. */
  readonly state: 'SCHEDULED' | 'QUEUED';
  readonly jobs: number;
  /** The last moment at which one of them is released. */
  readonly lastDueAt?: Date;
}

/** An off-peak job that is SCHEDULED. */
export interface ScheduledOffPeakJob extends Pick<JobRecord, 'id' | 'type' | 'gen' | 'deadlineAt'>, Required<Pick<JobRecord, 'offPeak'>> {
  /** Token of its debt. */
  readonly by: string;
  /** When it is released. */
  readonly due: Date;
}

/** Looks for off-peak jobs. Throws `StoreUnavailableError`, also where a look takes longer than 10 s. */
export interface OffPeakJobs {
  counts(): Promise<readonly OffPeakCount[]>;
  /** Those that are SCHEDULED, the earliest release first, in pages of up to `limit`. One that is moved meanwhile may come twice. */
  scheduled(limit: number): AsyncIterable<readonly ScheduledOffPeakJob[]>;
}
