import type { z } from 'zod';
import { StoreUnavailableError } from '../../../shared/domain/failures.ts';
import type { SubmitResult } from '../../../shared/jobs/submit-job.ts';
import { generateFileRequest, type JobRequest, jobRequest } from '../../../shared/schema/job-request.ts';
import { fullJob } from '../full-job.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { holdUntilEnded } from '../hold-request.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { jobLinks } from '../job-view.ts';
import { readJson } from '../json-body.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { applied } from '../prefer.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';
import { submissionOf } from '../submission.ts';
import { submitOnce } from '../submit-once.ts';

/** A client that polls may look again after this long, in seconds. */
export const POLL_AFTER_S = '1';

const ID = '{id}';
/** As text once for all: an id needs no escaping. */
const LINKS = JSON.stringify(jobLinks(ID));

/** The same for the first answer and for every repeat with its key. */
function accept(ctx: RequestContext, { id, created, runAt, record }: SubmitResult): void {
  const status = (record ? record.runAt : runAt) ? 'SCHEDULED' : 'QUEUED';
  const { res, state } = ctx;
  state.made = id;
  ctx.status = 202;
  res.setHeader('Location', `/v1/jobs/${id}`);
  res.setHeader('Retry-After', POLL_AFTER_S);
  if (!created) res.setHeader('Idempotent-Replayed', 'true');
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  ctx.body = `{"job_id":"${id}","status":"${status}","links":${LINKS.replaceAll(ID, id)}}`;
}

const SUBMIT = { scope: 'submit', action: 'job.submit' } as const;

/** Where the client prefers to wait and the job ends meanwhile: the job in full instead. */
async function answerEnded(deps: GatewayDeps, ctx: RequestContext, id: string): Promise<void> {
  if (!(await holdUntilEnded(deps, ctx, id, true))) return;
  try {
    const [record] = await deps.guard.run(() => deps.store.read([id], 'local'));
    if (!record || record.active) return;
    const job = await deps.guard.run(() => fullJob(deps, record, deps.clock.now()));
    ctx.status = 200;
    ctx.remove('Retry-After');
    ctx.set('Content-Location', `/v1/jobs/${id}`);
    ctx.body = job;
  } catch (error) {
    // The job is accepted, whatever has become of the store since.
    if (!(error instanceof StoreUnavailableError)) throw error;
  }
}

/** POST /v1/jobs, and POST /generate-file for the type `report`. */
export function submitRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const handle = (schema: z.ZodType<JobRequest>) => async (ctx: RequestContext) => {
    const idemKey = idempotencyKey(ctx.req);
    const request = checkBody(await readJson(ctx, deps.limits), schema);
    const job = submissionOf(deps, ctx.state.tenant, request, idemKey);
    const accepted = await submitOnce(deps, job);
    accept(ctx, accepted);
    if (ctx.req.headers['prefer'] === undefined) applied(ctx, []);
    else await answerEnded(deps, ctx, accepted.id);
  };
  routes.post('/v1/jobs', SUBMIT, acceptsJson, handle(jobRequest));
  routes.post('/generate-file', SUBMIT, acceptsJson, handle(generateFileRequest));
}
