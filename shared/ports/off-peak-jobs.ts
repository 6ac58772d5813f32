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

/** Looks for off-peak jobs. Throws `StoreUnavailableError`, also where a look takes longer than 10 s. */
export interface OffPeakJobs {
  counts(): Promise<readonly OffPeakCount[]>;
}
