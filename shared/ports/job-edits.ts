import type { JobPayload } from '../domain/job.ts';
import type { PatchOperation } from '../domain/json-patch/patch-operation.ts';

/** One change of what a dead letter was given, before its replay. */
export interface JobEdit {
  readonly id: string;
  readonly jobId: string;
  /** The run that the replay begins. */
  readonly run: number;
  readonly by: string;
  readonly at: Date;
  readonly note?: string;
  /** From `{input, options}` as they were to what they became (RFC 6902). */
  readonly patch: readonly PatchOperation[];
  readonly original: JobPayload;
  /** The replay came to pass. Absent: not known yet, the job's log tells. */
  readonly isApplied?: true;
}

/** Changes of jobs' payloads by operators. Kept as long as their jobs. Methods throw `StoreUnavailableError`. */
export interface JobEdits {
  put(edit: Omit<JobEdit, 'at' | 'isApplied'>): Promise<void>;
  applied(id: string): Promise<void>;
  forget(id: string): Promise<void>;
  /** Oldest first, at most 100. */
  ofJob(jobId: string): Promise<readonly JobEdit[]>;
}
