import type { z } from 'zod';
import type { SubmitResult } from '../../../shared/jobs/submit-job.ts';
import { generateFileRequest, type JobRequest, jobRequest } from '../../../shared/schema/job-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { jobLinks } from '../job-view.ts';
import { readJson } from '../json-body.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';
import { checkUpload, submissionOf } from '../submission.ts';

/** A client that polls may look again after this long, in seconds. */
export const POLL_AFTER_S = '1';

/** The same for the first answer and for every repeat with its key. */
function accept(ctx: RequestContext, { id, created, record }: SubmitResult, isScheduled: boolean): void {
  const status = (record ? record.runAt !== undefined : isScheduled) ? 'SCHEDULED' : 'QUEUED';
  ctx.state.made = id;
  ctx.status = 202;
  ctx.set('Location', `/v1/jobs/${id}`);
  ctx.set('Retry-After', POLL_AFTER_S);
  if (!created) ctx.set('Idempotent-Replayed', 'true');
  ctx.type = 'application/json';
  ctx.body = JSON.stringify({ job_id: id, status, links: jobLinks(id) });
}

const SUBMIT = { scope: 'submit', action: 'job.submit' } as const;

/** POST /v1/jobs, and POST /generate-file for the type `report`. */
export function submitRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const handle = (schema: z.ZodType<JobRequest>) => async (ctx: RequestContext) => {
    const idemKey = idempotencyKey(ctx.req);
    const request = checkBody(await readJson(ctx, deps.limits), schema);
    const job = submissionOf(deps, ctx.state.tenant, request, idemKey);
    if (job.uploadId !== undefined) await checkUpload(deps, job.tenant, job.uploadId);
    accept(ctx, await deps.guard.run(() => deps.submitter.submit(job)), job.runAt !== undefined);
  };
  routes.post('/v1/jobs', SUBMIT, acceptsJson, handle(jobRequest));
  routes.post('/generate-file', SUBMIT, acceptsJson, handle(generateFileRequest));
}
