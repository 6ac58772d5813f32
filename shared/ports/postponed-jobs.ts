import type { Bell } from '../domain/job.ts';

/** Jobs that a pause may have postponed: of a tenant, of a type, of these places; what is absent may be anything. */
export interface PostponedFilter {
  readonly tenant?: string;
  readonly type?: string;
  /** Off-peak jobs are left out. */
  readonly exceptOffPeak?: true;
  /** All others are. */
  readonly onlyOffPeak?: true;
  /** Types and positions of a stage. */
  readonly places?: readonly { readonly type: string; readonly stage: number }[];
}

/** Looks for QUEUED jobs that are owed later. Throws `StoreUnavailableError`. */
export interface PostponedJobs {
  /** Those owed more than `laterThanMs` from now, at most `limit`. */
  find(filter: PostponedFilter, laterThanMs: number, limit: number): Promise<readonly Bell[]>;
}
