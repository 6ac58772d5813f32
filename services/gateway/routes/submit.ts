import type { Router } from '@koa/router';
import type { z } from 'zod';
import type { SubmitRequest, SubmitResult } from '../../../shared/jobs/submit-job.ts';
import { generateFileRequest, type JobRequest, jobRequest } from '../../../shared/schema/job-request.ts';
import { type GatewayDeps, TENANT } from '../gateway-deps.ts';
import { fingerprint, idempotencyKey } from '../idempotency-key.ts';
import { jobLinks } from '../job-view.ts';
import { readJson } from '../json-body.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext, RequestState } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { checkBody, invalidRequest } from '../query.ts';

const DAY_MS = 86_400_000;
const FURTHEST_RUN_AT_MS = 366 * DAY_MS;
/** A client that polls may look again after this long, in seconds. */
export const POLL_AFTER_S = '1';

/** The moments of a request, checked against the gateway's clock and each other. */
function momentsOf(request: JobRequest, now: Date): Pick<SubmitRequest, 'runAt' | 'deadlineAt'> {
  const runAt = request.run_at === undefined ? undefined : new Date(request.run_at);
  const deadlineAt = request.deadline_at === undefined ? undefined : new Date(request.deadline_at);
  const isAhead = runAt !== undefined && runAt > now;
  if (isAhead && runAt.getTime() - now.getTime() > FURTHEST_RUN_AT_MS) {
    throw invalidRequest([{ pointer: '/run_at', detail: 'must be at most 366 days ahead' }]);
  }
  if (deadlineAt && deadlineAt <= (isAhead ? runAt : now)) {
    throw invalidRequest([{ pointer: '/deadline_at', detail: 'must be in the future and after run_at' }]);
  }
  return { ...(isAhead && { runAt }), ...(deadlineAt && { deadlineAt }) };
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

async function checkUpload({ outputs, guard }: GatewayDeps, uploadId: string): Promise<void> {
  const upload = await guard.run(() => outputs.readUpload(uploadId));
  if (upload?.tenant === TENANT) return;
  const errors = [{ pointer: '/input/upload_id', detail: `there is no upload ${JSON.stringify(uploadId)} (any more)` }];
  throw new Problem('unknown_upload', { detail: `There is no upload ${JSON.stringify(uploadId)} (any more).`, fields: { errors } });
}

function submission(deps: GatewayDeps, request: JobRequest, idemKey: string | undefined): SubmitRequest {
  const { input, options, uploadId } = payloadOf(deps, request);
  const { type, lane, max_attempts: maxAttempts, run_at, deadline_at } = request;
  return {
    tenant: TENANT,
    type,
    lane,
    payload: { input, options },
    reqHash: fingerprint({ type, lane, input, options, maxAttempts, run_at, deadline_at }),
    ...momentsOf(request, deps.clock.now()),
    ...(uploadId !== undefined && { uploadId }),
    ...(idemKey !== undefined && { idemKey }),
    ...(maxAttempts !== undefined && { maxAttempts }),
  };
}

/** The same for the first answer and for every repeat with its key. */
function accept(ctx: RequestContext, { id, created, record }: SubmitResult, isScheduled: boolean): void {
  const status = (record ? record.runAt !== undefined : isScheduled) ? 'SCHEDULED' : 'QUEUED';
  ctx.status = 202;
  ctx.set('Location', `/v1/jobs/${id}`);
  ctx.set('Retry-After', POLL_AFTER_S);
  if (!created) ctx.set('Idempotent-Replayed', 'true');
  ctx.type = 'application/json';
  ctx.body = JSON.stringify({ job_id: id, status, links: jobLinks(id) });
}

/** POST /v1/jobs, and POST /generate-file for the type `report`. */
export function submitRoutes(router: Router<RequestState>, deps: GatewayDeps): void {
  const handle = (schema: z.ZodType<JobRequest>) => async (ctx: RequestContext) => {
    const idemKey = idempotencyKey(ctx.req);
    const request = checkBody(await readJson(ctx, deps.limits), schema);
    const job = submission(deps, request, idemKey);
    if (job.uploadId !== undefined) await checkUpload(deps, job.uploadId);
    accept(ctx, await deps.guard.run(() => deps.submitter.submit(job)), job.runAt !== undefined);
  };
  router.post('/v1/jobs', acceptsJson, handle(jobRequest));
  router.post('/generate-file', acceptsJson, handle(generateFileRequest));
}
