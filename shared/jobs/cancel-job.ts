import { JobChangedError, JobConflictError, StoreUnavailableError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { retainMsIn } from '../domain/stage-end.ts';
import { cancel, cancelAt } from '../domain/transitions.ts';
import type { JobStore } from '../ports/job-store.ts';
import { getJob } from './get-job.ts';

/**
 * T9: ends an active job; its holder finds out at its next heartbeat, progress or commit. Like every answer that a caller
 * relies on, this one rests on what no fail-over can take back.
 * @param gen only while the job is at this generation.
 * @returns the canceled record, also when it was canceled before.
 * @throws JobNotFoundError; JobConflictError when it ended otherwise; JobChangedError when it is at another generation;
 *   StoreUnavailableError while an earlier cancellation may still be taken back.
 */
export async function cancelJob(
  deps: { store: JobStore; pipelines: Pipelines },
  tenant: string | undefined,
  id: string,
  gen?: number,
): Promise<JobRecord> {
  const before = await getJob(deps.store, tenant, id);
  const retainMs = retainMsIn(deps.pipelines, before.type);
  const transition = gen === undefined ? cancel(retainMs) : cancelAt(retainMs, gen);
  const isDurable = before.active && (await deps.store.apply([id], transition)) === 1;
  if (gen !== undefined && before.active && !isDurable) throw new JobChangedError();
  const after = await getJob(deps.store, tenant, id);
  if (after.state !== 'CANCELED') throw new JobConflictError(`The job is ${after.state} and cannot be canceled any more.`);
  if (isDurable) return after;
  // Canceled before, perhaps by a request whose outcome is unknown: its write may not be durable yet.
  const [durable] = await deps.store.read([id], 'majority');
  if (durable?.gen !== after.gen) throw new StoreUnavailableError('An earlier cancellation of this job is not decided yet.');
  return durable;
}
