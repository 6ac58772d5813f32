import type { z } from 'zod';
import type { JobPayload, JobRecord } from '../../../shared/domain/job.ts';
import { applyPatch, mergePatch } from '../../../shared/domain/json-patch/apply-patch.ts';
import { isEqualJson } from '../../../shared/domain/json-patch/equal-json.ts';
import { isJsonObject, type PatchOperation } from '../../../shared/domain/json-patch/patch-operation.ts';
import { type EditedReplay, editAndReplay, editMessage, type PayloadEdit } from '../../../shared/jobs/edit-dead-letter.ts';
import type { JobEdit } from '../../../shared/ports/job-edits.ts';
import type { editRequest } from '../../../shared/schema/edit-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { Problem } from '../problems.ts';
import { invalidRequest } from '../query.ts';
import { checkUpload } from '../submission.ts';

type EditRequest = z.output<typeof editRequest>;

/** The payload as the request changes it. @throws Problem invalid_request. */
function changedPayload({ limits }: GatewayDeps, original: JobPayload, { patch, merge_patch }: EditRequest): JobPayload {
  const patched = patch && applyPatch(original, patch as readonly PatchOperation[], limits.maxBodyBytes);
  if (patched && !patched.ok) throw invalidRequest([{ pointer: `/patch/${patched.problem.at}`, detail: patched.problem.detail }]);
  const value = patched ? patched.value : mergePatch(original, merge_patch);
  const others = isJsonObject(value) ? Object.keys(value).filter((key) => key !== 'input' && key !== 'options') : [''];
  const pointer = patch ? '/patch' : '/merge_patch';
  if (others.length > 0) throw invalidRequest([{ pointer, detail: 'must leave an object of input and options, and nothing beside' }]);
  const { input = null, options = {} } = value as Partial<JobPayload>;
  if (Buffer.byteLength(JSON.stringify({ input, options })) > limits.maxBodyBytes)
    throw invalidRequest([{ pointer, detail: `must leave at most ${limits.maxBodyBytes} bytes of JSON` }]);
  return { input, options };
}

/** Checked as a submission of the type is. @throws Problem invalid_request, unknown_upload. */
async function checkedEdit(deps: GatewayDeps, letter: JobRecord, original: JobPayload, request: EditRequest) {
  const checked = deps.types.check(letter.type, changedPayload(deps, original, request));
  if (!checked) throw invalidRequest([{ pointer: '', detail: `is of type ${letter.type}, which this gateway does not know` }]);
  if (!checked.ok) throw invalidRequest(checked.problems, 'The changed payload');
  const { input, options, uploadId } = checked;
  if (isEqualJson({ input, options }, original))
    throw invalidRequest([{ pointer: request.patch ? '/patch' : '/merge_patch', detail: 'must change something' }]);
  if (uploadId !== undefined) await checkUpload(deps, letter.tenant, uploadId);
  return { payload: { input, options }, ...(uploadId !== undefined && { uploadId }) };
}

/**
 * Changes what a dead letter was given, and replays it. @param by who.
 * @throws Problem dead_letter_not_found, retry_not_available, invalid_request, unknown_upload; JobChangedError.
 */
export async function editLetter(deps: GatewayDeps, id: string, request: EditRequest, by: string): Promise<EditedReplay> {
  const [letter] = await deps.guard.run(() => deps.store.read([id], 'majority'));
  if (letter?.state !== 'FAILED')
    throw new Problem('dead_letter_not_found', { detail: `There is no dead letter of job ${JSON.stringify(id.slice(0, 64))}.` });
  const original = (await deps.guard.run(() => deps.store.readPayloads([id]))).get(id);
  if (!original) throw new Problem('retry_not_available', { detail: 'The input of this job is not stored any more.' });
  const { note, from, gen } = request;
  const checked = await checkedEdit(deps, letter, original, request);
  const edit: PayloadEdit = { original, ...checked, by, fromBeginning: from === 'beginning', ...(note !== undefined && { note }) };
  return deps.guard.run(() => editAndReplay(deps, { ...letter, gen }, edit));
}

/** An edit as the control plane shows it. @param record its job, whose log tells what an edit does not know. */
export function editView({ id, by, at, note, run, patch, original, isApplied }: JobEdit, record: JobRecord) {
  const isInLog = record.log.some(({ message }) => message === editMessage(id));
  return {
    edit_id: id,
    by,
    at: at.toISOString(),
    note,
    run,
    outcome: isApplied || isInLog ? 'replayed' : 'unknown',
    patch,
    original,
  };
}
