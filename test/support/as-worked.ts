import { type JobRecord, NOT_WORKED, type WorkedJob } from '../../shared/domain/job.ts';

const LEFT_OUT: ReadonlySet<string> = new Set(NOT_WORKED);

/** A record without what workers do not need. */
export function asWorked(record: JobRecord): WorkedJob {
  return Object.fromEntries(Object.entries(record).filter(([field]) => !LEFT_OUT.has(field))) as unknown as WorkedJob;
}
