import { JobChangedError, JoblineError } from '../domain/failures.ts';
import type { JobPayload, JobRecord } from '../domain/job.ts';
import { jsonDiff } from '../domain/json-patch/json-diff.ts';
import type { PatchOperation } from '../domain/json-patch/patch-operation.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobEdits } from '../ports/job-edits.ts';
import type { JobReplayer } from './replay-job.ts';

export interface EditDeps {
  readonly edits: JobEdits;
  readonly replayer: Pick<JobReplayer, 'replay'>;
  readonly clock: Clock;
}

/** A changed payload that fits its type's schema, and who changes it. */
export interface PayloadEdit {
  readonly original: JobPayload;
  readonly payload: JobPayload;
  readonly uploadId?: string;
  readonly by: string;
  readonly note?: string;
  readonly fromBeginning: boolean;
}

/** An edit that came to pass. */
export interface EditedReplay {
  readonly editId: string;
  readonly record: JobRecord;
  readonly patch: readonly PatchOperation[];
}

/** The entry of the job's log that tells by which edit it was replayed. */
export function editMessage(editId: string): string {
  return `replayed with an edited payload, edit ${editId}`;
}

/**
 * Replays a dead letter with another payload: the edit is kept first, then one write changes the job and makes it run again.
 * @param letter as read: only while the job still is as it was then.
 * @throws JobChangedError, JobConflictError; StoreUnavailableError: then the job's log tells whether it came to pass.
 */
export async function editAndReplay(deps: EditDeps, letter: JobRecord, edit: PayloadEdit): Promise<EditedReplay> {
  const { edits, replayer, clock } = deps;
  const { original, payload, uploadId, by, note, fromBeginning } = edit;
  const editId = clock.uuid();
  const patch = jsonDiff(original, payload);
  await edits.put({ id: editId, jobId: letter.id, run: letter.run + 1, by, patch, original, ...(note !== undefined && { note }) });
  const edited = { text: JSON.stringify(payload), ...(uploadId !== undefined && { uploadId }) };
  try {
    if (letter.state !== 'FAILED') throw new JobChangedError();
    const record = await replayer.replay(undefined, letter.id, { gen: letter.gen, edited, fromBeginning, message: editMessage(editId) });
    await edits.applied(editId);
    return { editId, record, patch };
  } catch (error) {
    if (error instanceof JoblineError && error.code !== 'store_unavailable') await edits.forget(editId);
    throw error;
  }
}
