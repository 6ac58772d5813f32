import { JobConflictError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { retainMsIn } from '../domain/stage-end.ts';
import { cancel } from '../domain/transitions.ts';
import type { JobStore } from '../ports/job-store.ts';
import { getJob } from './get-job.ts';

/**
 * T9: ends an active job; its holder finds out at its next heartbeat, progress or commit.
 * @returns the canceled record, also when it was canceled before.
 * @throws JobNotFoundError; JobConflictError when it ended otherwise.
 */
export async function cancelJob(
  deps: { store: JobStore; pipelines: Pipelines },
  tenant: string | undefined,
  id: string,
): Promise<JobRecord> {
  const before = await getJob(deps.store, tenant, id);
  if (before.active) await deps.store.apply([id], cancel(retainMsIn(deps.pipelines, before.type)));
  const after = await getJob(deps.store, tenant, id);
  if (after.state !== 'CANCELED') throw new JobConflictError(`The job is ${after.state} and cannot be canceled any more.`);
  return after;
}
