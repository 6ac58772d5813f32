import type { JobCallback } from '../../shared/domain/callback.ts';
import { offPeakChoice } from '../../shared/domain/off-peak/off-peak-wish.ts';
import type { SubmitRequest } from '../../shared/jobs/submit-job.ts';
import { fingerprint } from '../../shared/schema/fingerprint.ts';
import type { JobRequest } from '../../shared/schema/job-request.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { Problem } from './problems.ts';
import { invalidRequest } from './query.ts';

/** The fingerprint of a submission without an idempotency key. */
const NOT_COMPARED = '';
const DAY_MS = 86_400_000;
const FURTHEST_RUN_AT_MS = 366 * DAY_MS;

/** The moments of a request; a `run_at` of the past means at once. */
function momentsOf(request: JobRequest, now: Date): Pick<SubmitRequest, 'runAt' | 'deadlineAt'> {
  const runAt = request.run_at === undefined ? undefined : new Date(request.run_at);
  const deadlineAt = request.deadline_at === undefined ? undefined : new Date(request.deadline_at);
  return { ...(runAt !== undefined && runAt > now && { runAt }), ...(deadlineAt && { deadlineAt }) };
}

/** Checks the moments of a submission against the gateway's clock and each other. @throws Problem invalid_request. */
export function checkMoments({ runAt, deadlineAt }: Pick<SubmitRequest, 'runAt' | 'deadlineAt'>, now: Date): void {
  if (runAt && runAt.getTime() - now.getTime() > FURTHEST_RUN_AT_MS) {
    throw invalidRequest([{ pointer: '/run_at', detail: 'must be at most 366 days ahead' }]);
  }
  if (deadlineAt && deadlineAt <= (runAt ?? now)) {
    throw invalidRequest([{ pointer: '/deadline_at', detail: 'must be in the future and after run_at' }]);
  }
}

/** Checks input and options by the type's own rules. */
function payloadOf({ types }: GatewayDeps, { type, input, options }: JobRequest) {
  const checked = types.check(type, { input, options });
  if (!checked) {
    const known = types.names().join(', ');
    throw invalidRequest([{ pointer: '/type', detail: `is ${JSON.stringify(type)}; known types: ${known}` }]);
  }
  if (!checked.ok) throw invalidRequest(checked.problems);
  return checked;
}

/** The URL is checked by its text alone: whether a name can be resolved from here is nothing to tell a caller (docs/callbacks.md). */
function callbackOf({ callbackUrls }: GatewayDeps, { url, events }: NonNullable<JobRequest['callback']>): JobCallback {
  const refusal = callbackUrls.refusalOf(url);
  if (refusal !== undefined) throw invalidRequest([{ pointer: '/callback/url', detail: refusal }]);
  return { url, ...(events && { events }) };
}

/** @throws Problem unknown_upload, and StoreUnavailableError. */
export async function checkUpload({ outputs, guard }: GatewayDeps, tenant: string, uploadId: string): Promise<void> {
  const upload = await guard.run(() => outputs.readUpload(uploadId));
  if (upload?.tenant === tenant) return;
  const errors = [{ pointer: '/input/upload_id', detail: `there is no upload ${JSON.stringify(uploadId)} (any more)` }];
  throw new Problem('unknown_upload', { detail: `There is no upload ${JSON.stringify(uploadId)} (any more).`, fields: { errors } });
}

/**
 * What a request that fits its schema asks for, checked by the rules of its type; its moments are `checkMoments`'.
 * @param idemKey the client's idempotency key.
 * @throws Problem invalid_request.
 */
export function submissionOf(deps: GatewayDeps, tenant: string, request: JobRequest, idemKey: string | undefined): SubmitRequest {
  const { input, options, uploadId } = payloadOf(deps, request);
  const { type, lane, max_attempts: maxAttempts, run_at, deadline_at, tags, callback, concurrency, off_peak } = request;
  return {
    tenant,
    type,
    lane,
    payload: { input, options },
    // Only a repeat with its key is ever compared: without one there is nothing to tell apart.
    reqHash:
      idemKey === undefined
        ? NOT_COMPARED
        : fingerprint({ type, lane, input, options, maxAttempts, run_at, deadline_at, tags, callback, concurrency, off_peak }),
    ...momentsOf(request, deps.clock.now()),
    ...(uploadId !== undefined && { uploadId }),
    ...(idemKey !== undefined && { idemKey }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(tags && { tags }),
    ...(concurrency && { concurrency }),
    ...offPeakChoice(off_peak),
    ...(callback && { callback: callbackOf(deps, callback) }),
  };
}
