import { JobConflictError, JobEndNotToldError, StoreUnavailableError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import { committedOutputKeys } from '../domain/output-key.ts';
import type { DeliveryStore } from '../ports/delivery-store.ts';
import type { JobRemover } from '../ports/job-remover.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { OutputStore } from '../ports/output-store.ts';

export interface DeleteDeps {
  readonly store: Pick<JobStore, 'read' | 'isNoted'>;
  readonly remover: JobRemover;
  readonly outputs: Pick<OutputStore, 'removeOrphans'>;
  readonly deliveries: Pick<DeliveryStore, 'removeOf'>;
  readonly logger: Logger;
}

/**
 * Removes a job that has ended, with its payload, its outputs and the deliveries of its callback. The record goes first: it is what makes outputs visible. What is
 * left when this ends half-way has no job, and is swept. A bell of it that is still under way finds no record and is dropped, a
 * dead letter by the janitor.
 * @param record as read.
 * @throws JobConflictError for an active job, and one that was changed meanwhile; JobEndNotToldError; StoreUnavailableError.
 */
export async function deleteJob({ store, remover, outputs, deliveries, logger }: DeleteDeps, record: JobRecord): Promise<void> {
  const { id, state, gen, evt, active } = record;
  if (active) throw new JobConflictError(`The job is ${state}: cancel it first.`);
  if (evt?.due || (await isNoted(store, record))) throw new JobEndNotToldError();
  if (!(await remover.remove(id, gen))) {
    const [now] = await store.read([id], 'local');
    if (now) throw new JobConflictError(`The job was changed meanwhile; it is ${now.state}.`);
  }
  try {
    if (record.callback) await deliveries.removeOf(id);
    await outputs.removeOrphans(committedOutputKeys(record));
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    logger.warn({ err: error, job: id }, 'outputs and deliveries of a removed job are left to the sweep');
  }
}

/** A note is there before the commit that it tells of, and goes once that is told: where there is none now, there will be none. */
async function isNoted(store: DeleteDeps['store'], { id, state, results }: JobRecord): Promise<boolean> {
  const claim = results.at(-1)?.claim;
  return state === 'COMPLETED' && claim !== undefined && store.isNoted(claim, id);
}
