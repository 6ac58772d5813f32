import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  type DeadLetterFilter,
  leastSeconds,
  PLAN_VALID_MS,
  REPLAY_OUTCOMES,
  type ReplayItem,
  type ReplayOperation,
  type ReplayTerms,
  rampCounts,
} from '../../../shared/domain/dead-letters/replay-operation.ts';
import { replayApplyRequest, replayPlanRequest } from '../../../shared/schema/replay-request.ts';
import { operatorOf } from '../control/pause-desk.ts';
import { deadLetterFilter } from '../dead-letter-filter.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson, readOptionalJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { checkBody, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const listQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(50).default(20) });
const itemsQuery = z.strictObject({
  outcome: z.enum(REPLAY_OUTCOMES as [string, ...string[]]).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  page_token: z.coerce.number().int().min(0).optional(),
});
/** Seconds after which it is worth while to look again. */
const LOOK_AGAIN_S = 1;

const selfOf = (id: string): string => `/admin/v1/replays/${id}`;
type PlanRequest = z.infer<typeof replayPlanRequest>;

async function filterOf(deps: GatewayDeps, { filter }: PlanRequest): Promise<DeadLetterFilter> {
  const [asked, now] = [await deadLetterFilter(deps, filter), deps.clock.now()];
  // What fails from now on is not what was planned for: a replayed job that fails again is not taken twice.
  return { ...asked, failedBefore: asked.failedBefore && asked.failedBefore < now ? asked.failedBefore : now };
}

function termsOf(request: PlanRequest): ReplayTerms {
  return {
    fromBeginning: request.from === 'beginning',
    ratePerSecond: request.rate_per_second,
    rampPercent: request.ramp_percent,
    maxFailureRate: request.max_failure_rate,
    stepTimeoutMs: request.step_timeout_s * 1_000,
  };
}

function operationView(operation: ReplayOperation) {
  const { id, state, asked, terms, planned, total, counts } = operation;
  const ramp = rampCounts(total ?? planned, terms.rampPercent);
  return {
    replay_id: id,
    state,
    planned_by: operation.by,
    ...asked,
    planned,
    total,
    steps: ramp,
    least_seconds: leastSeconds(total ?? planned, terms),
    counts,
    reason: operation.reason,
    abort_requested: operation.abortRequested,
    planned_at: operation.plannedAt.toISOString(),
    applied_at: operation.appliedAt?.toISOString(),
    ended_at: operation.endedAt?.toISOString(),
    undo: operation.undo && {
      by: operation.undo.by,
      requested_at: operation.undo.requestedAt.toISOString(),
      ended_at: operation.undo.endedAt?.toISOString(),
    },
    ...(state === 'planned' && { digest: operation.digest, valid_until: validUntil(operation).toISOString() }),
    links: { self: selfOf(id), items: `${selfOf(id)}/items`, ...(state === 'planned' && { apply: `${selfOf(id)}/apply` }) },
  };
}

function validUntil({ plannedAt }: ReplayOperation): Date {
  return new Date(plannedAt.getTime() + PLAN_VALID_MS);
}

function itemView({ jobId, outcome }: ReplayItem) {
  return { job_id: jobId, outcome, links: { job: `/admin/v1/jobs/${jobId}` } };
}

async function plan(deps: GatewayDeps, ctx: RequestContext): Promise<ReplayOperation> {
  const request = checkBody(await readOptionalJson(ctx, deps.limits), replayPlanRequest);
  const { filter, note, from, rate_per_second, ramp_percent, max_failure_rate, step_timeout_s } = request;
  const asked = {
    filter: JSON.parse(JSON.stringify(filter)) as object,
    from,
    rate_per_second,
    ramp_percent,
    max_failure_rate,
    step_timeout_s,
  };
  const [terms, id] = [termsOf(request), deps.clock.uuid()];
  return deps.guard.run(async () => {
    const where = await filterOf(deps, request);
    const planned = await deps.deadLetters.count(where);
    const digest = createHash('sha256').update(JSON.stringify({ id, where, terms, planned })).digest('hex');
    const by = ctx.state.principal?.keyId ?? 'operator';
    return deps.replays.plan({ id, by, asked, filter: where, terms, planned, digest, ...(note !== undefined && { note }) });
  });
}

async function found(deps: GatewayDeps, id: string): Promise<ReplayOperation> {
  const operation = await deps.replays.read(id);
  if (operation) return operation;
  throw new Problem('replay_not_found', { detail: `There is no replay ${JSON.stringify(id.slice(0, 64))}.` });
}

/** @throws Problem replay_conflict when the plan is not what was looked at, too old, or not a plan any more. */
async function apply(deps: GatewayDeps, id: string, digest: string): Promise<ReplayOperation> {
  const operation = await found(deps, id);
  const refuse = (detail: string) => new Problem('replay_conflict', { detail, fields: { state: operation.state } });
  if (operation.digest !== digest) throw refuse('The digest is not that of this plan. Look at the plan again.');
  if (operation.state === 'planned' && validUntil(operation) <= deps.clock.now())
    throw refuse('The plan is older than 15 minutes: what it counted may have changed. Plan again.');
  if (!(await deps.replays.apply(id))) throw refuse(`The replay is ${(await found(deps, id)).state}; only a plan can be applied.`);
  return found(deps, id);
}

async function abort(deps: GatewayDeps, id: string): Promise<ReplayOperation> {
  const { state } = await found(deps, id);
  if (!(await deps.replays.abort(id)))
    throw new Problem('replay_conflict', { detail: `The replay is ${state} and has ended.`, fields: { state } });
  return found(deps, id);
}

/** @throws Problem replay_conflict for a plan, and where it was asked for already. */
async function undo(deps: GatewayDeps, id: string, by: string): Promise<ReplayOperation> {
  const { state } = await found(deps, id);
  const isPlan = state === 'planned';
  if (!(await deps.replays.undo(id, by))) {
    const detail = isPlan ? 'The replay is a plan: nothing was replayed.' : 'The undo of this replay was asked for already.';
    throw new Problem('replay_conflict', { detail, fields: { state } });
  }
  return found(deps, id);
}

function answer(ctx: RequestContext, status: number, operation: ReplayOperation): void {
  ctx.status = status;
  ctx.set('Location', selfOf(operation.id));
  if (operation.state === 'collecting' || operation.state === 'running') ctx.set('Retry-After', String(LOOK_AGAIN_S));
  ctx.body = operationView(operation);
}

/** Replays of many dead letters: planned and looked at, applied, followed, aborted, undone. A scheduler carries them out. */
export function replayRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, replays } = deps;
  routes.post('/admin/v1/replays', { scope: 'admin', action: 'replay.plan' }, async (ctx) => {
    const operation = await plan(deps, ctx);
    ctx.state.made = operation.id;
    answer(ctx, 201, operation);
  });
  routes.get('/admin/v1/replays', 'admin', async (ctx) => {
    const { limit } = readQuery(ctx, listQuery);
    ctx.body = { replays: (await guard.run(() => replays.list(limit))).map(operationView) };
  });
  routes.get('/admin/v1/replays/:replay_id', 'admin', async (ctx) => {
    answer(ctx, 200, await guard.run(() => found(deps, ctx.params['replay_id'] ?? '')));
    ctx.remove('Location');
  });
  routes.get('/admin/v1/replays/:replay_id/items', 'admin', async (ctx) => {
    const { outcome, limit, page_token: after } = readQuery(ctx, itemsQuery);
    const id = ctx.params['replay_id'] ?? '';
    const items = await guard.run(async () => {
      await found(deps, id);
      return replays.items(id, outcome as ReplayItem['outcome'] | undefined, limit, after);
    });
    const next = items.length === limit ? String(items.at(-1)!.seq) : undefined;
    ctx.body = { replay_id: id, items: items.map(itemView), ...(next !== undefined && { next_page_token: next }) };
  });
  routes.post('/admin/v1/replays/:replay_id/apply', { scope: 'admin', action: 'replay.apply' }, async (ctx) => {
    const { digest } = checkBody(await readJson(ctx, deps.limits), replayApplyRequest);
    answer(ctx, 202, await guard.run(() => apply(deps, ctx.params['replay_id'] ?? '', digest)));
  });
  routes.post('/admin/v1/replays/:replay_id/abort', { scope: 'admin', action: 'replay.abort' }, async (ctx) => {
    answer(ctx, 202, await guard.run(() => abort(deps, ctx.params['replay_id'] ?? '')));
  });
  routes.post('/admin/v1/replays/:replay_id/undo', { scope: 'admin', action: 'replay.undo' }, async (ctx) => {
    answer(ctx, 202, await guard.run(() => undo(deps, ctx.params['replay_id'] ?? '', operatorOf(ctx))));
  });
}
