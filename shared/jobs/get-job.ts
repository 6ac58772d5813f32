import { JobNotFoundError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import type { JobStore, ReadConcern } from '../ports/job-store.ts';

/**
 * Reads one job. @param tenant undefined for operators. @param concern default local. @throws JobNotFoundError also when it is
 * another tenant's.
 */
export async function getJob(store: JobStore, tenant: string | undefined, id: string, concern: ReadConcern = 'local'): Promise<JobRecord> {
  const [record] = await store.read([id], concern);
  if (!record || (tenant !== undefined && record.tenant !== tenant)) throw new JobNotFoundError(id);
  return record;
}
