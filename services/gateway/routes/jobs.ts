import { keepsWhatReplayNeeds } from '../../../shared/domain/doorbell.ts';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { cancelJob } from '../../../shared/jobs/cancel-job.ts';
import { getJob } from '../../../shared/jobs/get-job.ts';
import { retryRequest } from '../../../shared/schema/job-request.ts';
import { isUnchanged } from '../conditional.ts';
import { fullJob } from '../full-job.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { holdUntilEnded } from '../hold-request.ts';
import { entityTag, jobLinks, jobResource, jobTimeline, shownStatus, statusFields } from '../job-view.ts';
import { readOptionalJson } from '../json-body.ts';
import { readListQuery } from '../list-query.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { outlookFields } from '../outlook-view.ts';
import { expectedGen } from '../preconditions.ts';
import { applied, preferencesOf } from '../prefer.ts';
import { Problem } from '../problems.ts';
import { checkBody, linkNext } from '../query.ts';
import type { RouteTable } from '../route-table.ts';
import { POLL_AFTER_S } from './submit.ts';

/** A job that has not ended may look different in a second. */
function pollLater(ctx: RequestContext, record: JobRecord): void {
  if (record.active) ctx.set('Retry-After', POLL_AFTER_S);
}

/** Sends JSON with a strong entity tag; 304 when the client has it. */
export function sendTagged(ctx: RequestContext, value: unknown): void {
  const body = JSON.stringify(value);
  const tag = entityTag(body);
  ctx.set('Cache-Control', 'private, no-cache');
  ctx.set('ETag', tag);
  if (isUnchanged(ctx, tag)) {
    ctx.status = 304;
    return;
  }
  ctx.type = 'application/json';
  ctx.body = body;
}

async function showStatus(deps: GatewayDeps, ctx: RequestContext, id: string): Promise<void> {
  const record = await getJob(deps.store, ctx.state.tenant, id);
  const status = await shownStatus(deps, record, deps.clock.now());
  pollLater(ctx, record);
  ctx.body = { job_id: record.id, ...statusFields(record, status), ...outlookFields(deps.eta.outlookOf(record)) };
}

async function showJob(deps: GatewayDeps, ctx: RequestContext, id: string): Promise<void> {
  const record = await getJob(deps.store, ctx.state.tenant, id);
  pollLater(ctx, record);
  sendTagged(ctx, await fullJob(deps, record, deps.clock.now()));
}

/** The status, held until the job has ended where the client prefers to wait. */
async function showStatusInTime(deps: GatewayDeps, ctx: RequestContext, id: string): Promise<void> {
  const { waitS } = preferencesOf(ctx);
  const waitsFor = waitS === undefined ? undefined : await deps.guard.run(() => getJob(deps.store, ctx.state.tenant, id));
  if (waitsFor?.active) await holdUntilEnded(deps, ctx, id, false);
  else applied(ctx, []);
  await deps.guard.run(() => showStatus(deps, ctx, id));
}

async function listJobs(deps: GatewayDeps, ctx: RequestContext): Promise<void> {
  const now = deps.clock.now();
  const { search, limit, after } = readListQuery(ctx, now);
  const { jobs, next } = await deps.search.search({ tenant: ctx.state.tenant, ...search }, limit, after);
  const shown = jobs.map(async (record) => jobResource(deps.pipelines, record, await shownStatus(deps, record, now)));
  linkNext(ctx, '/v1/jobs', next);
  ctx.body = { jobs: await Promise.all(shown), ...(next !== undefined && { next_page_token: next }) };
}

function answerAccepted(ctx: RequestContext, record: JobRecord, status: string): void {
  ctx.status = 202;
  ctx.set('Location', `/v1/jobs/${record.id}`);
  pollLater(ctx, record);
  ctx.body = { job_id: record.id, status, links: jobLinks(record.id) };
}

async function cancel(deps: GatewayDeps, ctx: RequestContext, id: string): Promise<void> {
  // Without the header there is nothing to be read for it.
  const gen = ctx.get('If-Match') === '' ? undefined : await expectedGen(deps, ctx, await getJob(deps.store, ctx.state.tenant, id));
  const record = await cancelJob(deps, ctx.state.tenant, id, gen);
  answerAccepted(ctx, record, record.state);
}

async function retry(deps: GatewayDeps, ctx: RequestContext, id: string): Promise<void> {
  const { from } = checkBody(await readOptionalJson(ctx, deps.limits), retryRequest);
  const answer = await deps.guard.run(async () => {
    const record = await getJob(deps.store, ctx.state.tenant, id);
    const gen = await expectedGen(deps, ctx, record);
    const { retryAvailable } = await shownStatus(deps, record, deps.clock.now());
    if (retryAvailable === false) throw new Problem('retry_not_available', { detail: whyNoRetry(record) });
    if (!keepsWhatReplayNeeds(record, from === 'beginning')) throw new Problem('retry_not_available', { detail: whyNotFromHere(record) });
    const replayed = await deps.replayer.replay(ctx.state.tenant, id, {
      fromBeginning: from === 'beginning',
      message: 'retry asked for by the user',
      ...(gen !== undefined && { gen }),
    });
    return { replayed, status: await shownStatus(deps, replayed, deps.clock.now()) };
  });
  answerAccepted(ctx, answer.replayed, answer.status.status);
}

function whyNoRetry({ err, removed }: JobRecord): string {
  if (removed?.payload) return `The input and options of this job had their time, and were removed at ${removed.payload.toISOString()}.`;
  return err?.errorClass === 'reject'
    ? `The job failed with ${err.code}, which another run cannot change: ${err.message}`.slice(0, 1_000)
    : 'The input of this job is not stored any more.';
}

function whyNotFromHere(record: JobRecord): string {
  if (record.removed?.payload) return whyNoRetry(record);
  return 'The outputs of its earlier stages had their time, and were removed: it can only be run again with {"from": "beginning"}.';
}

/** Lists, shows, cancels and retries jobs; the plain paths are the ones that users were promised. */
export function jobRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const of = (path: string) => [`/v1/jobs/:job_id${path}`, `/jobs/:job_id${path}`];
  const guarded =
    (work: (deps: GatewayDeps, ctx: RequestContext, id: string) => Promise<void>) =>
    (ctx: RequestContext & { params: Record<string, string> }) =>
      deps.guard.run(() => work(deps, ctx, ctx.params['job_id'] ?? ''));
  routes.get(of('/status'), 'read', acceptsJson, (ctx) => showStatusInTime(deps, ctx, ctx.params['job_id'] ?? ''));
  routes.get(of(''), 'read', acceptsJson, guarded(showJob));
  routes.get('/v1/jobs', 'read', acceptsJson, guarded(listJobs));
  routes.get(
    '/v1/jobs/:job_id/timeline',
    'read',
    acceptsJson,
    guarded(async (_, ctx, id) => {
      const record = await getJob(deps.store, ctx.state.tenant, id);
      ctx.body = { job_id: record.id, events: jobTimeline(deps.pipelines, record) };
    }),
  );
  routes.post(of('/cancel'), { scope: 'cancel', action: 'job.cancel' }, acceptsJson, guarded(cancel));
  routes.post(of('/retry'), { scope: 'submit', action: 'job.retry' }, acceptsJson, (ctx) => retry(deps, ctx, ctx.params['job_id'] ?? ''));
}
