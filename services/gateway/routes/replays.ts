import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  actionOf,
  type DeadLetterFilter,
  type LetterAction,
  leastSeconds,
  PLAN_VALID_MS,
  REPLAY_OUTCOMES,
  type ReplayItem,
  type ReplayOperation,
  type ReplayTerms,
  rampCounts,
} from '../../../shared/domain/dead-letters/replay-operation.ts';
import { removalPlanRequest, replayApplyRequest, replayPlanRequest } from '../../../shared/schema/replay-request.ts';
import { wholeParameter } from '../../../shared/schema/whole-parameter.ts';
import { operatorOf } from '../control/pause-desk.ts';
import { deadLetterFilter } from '../dead-letter-filter.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson, readOptionalJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { checkBody, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const listQuery = z.strictObject({ limit: wholeParameter(1, 50).default(20) });
const itemsQuery = z.strictObject({
  outcome: z.enum(REPLAY_OUTCOMES as [string, ...string[]]).optional(),
  limit: wholeParameter(1, 1_000).default(100),
  page_token: wholeParameter(0, 999_999_999).optional(),
});
/** Seconds after which it is worth while to look again. */
const LOOK_AGAIN_S = 1;

const BASES = { replay: '/admin/v1/replays', delete: '/admin/v1/removals' } as const;
const selfOf = (operation: ReplayOperation): string => `${BASES[actionOf(operation)]}/${operation.id}`;
type PlanRequest = z.infer<typeof replayPlanRequest>;

async function filterOf(deps: GatewayDeps, { filter }: Pick<PlanRequest, 'filter'>): Promise<DeadLetterFilter> {
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
  const self = selfOf(operation);
  return {
    [actionOf(operation) === 'delete' ? 'removal_id' : 'replay_id']: id,
    state,
    planned_by: operation.by,
    note: operation.note,
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
    links: { self, items: `${self}/items`, ...(state === 'planned' && { apply: `${self}/apply` }) },
  };
}

function validUntil({ plannedAt }: ReplayOperation): Date {
  return new Date(plannedAt.getTime() + PLAN_VALID_MS);
}

function itemView({ jobId, outcome }: ReplayItem) {
  return { job_id: jobId, outcome, links: { job: `/admin/v1/jobs/${jobId}` } };
}

interface Planned {
  readonly filter: PlanRequest['filter'];
  readonly terms: ReplayTerms;
  /** As it is shown. */
  readonly asked: object;
  readonly note?: string | undefined;
}

async function plan(deps: GatewayDeps, ctx: RequestContext, { filter, terms, asked, note }: Planned): Promise<ReplayOperation> {
  const id = deps.clock.uuid();
  return deps.guard.run(async () => {
    const where = await filterOf(deps, { filter });
    const planned = await deps.deadLetters.count(where);
    const digest = createHash('sha256').update(JSON.stringify({ id, where, terms, planned })).digest('hex');
    const by = ctx.state.principal?.keyId ?? 'operator';
    const shown = JSON.parse(JSON.stringify({ filter, ...asked })) as Record<string, unknown>;
    return deps.replays.plan({ id, by, asked: shown, filter: where, terms, planned, digest, ...(note !== undefined && { note }) });
  });
}

async function planReplay(deps: GatewayDeps, ctx: RequestContext): Promise<ReplayOperation> {
  const request = checkBody(await readOptionalJson(ctx, deps.limits), replayPlanRequest);
  const { filter, note, ...asked } = request;
  return plan(deps, ctx, { filter, note, asked, terms: termsOf(request) });
}

async function planRemoval(deps: GatewayDeps, ctx: RequestContext): Promise<ReplayOperation> {
  const { filter, note, rate_per_second } = checkBody(await readJson(ctx, deps.limits), removalPlanRequest);
  const terms = { action: 'delete' as const, fromBeginning: false, rampPercent: [100], maxFailureRate: 1, stepTimeoutMs: 0 };
  return plan(deps, ctx, { filter, note, asked: { rate_per_second }, terms: { ...terms, ratePerSecond: rate_per_second } });
}

async function found(deps: GatewayDeps, id: string, action: LetterAction): Promise<ReplayOperation> {
  const operation = await deps.replays.read(id);
  if (operation && actionOf(operation) === action) return operation;
  const what = action === 'delete' ? 'removal' : 'replay';
  throw new Problem('replay_not_found', { detail: `There is no ${what} ${JSON.stringify(id.slice(0, 64))}.` });
}

function again(deps: GatewayDeps, operation: ReplayOperation): Promise<ReplayOperation> {
  return found(deps, operation.id, actionOf(operation));
}

/** @throws Problem replay_conflict when the plan is not what was looked at, too old, or not a plan any more. */
async function apply(deps: GatewayDeps, operation: ReplayOperation, digest: string): Promise<ReplayOperation> {
  const { id } = operation;
  const refuse = (detail: string) => new Problem('replay_conflict', { detail, fields: { state: operation.state } });
  if (operation.digest !== digest) throw refuse('The digest is not that of this plan. Look at the plan again.');
  if (operation.state === 'planned' && validUntil(operation) <= deps.clock.now())
    throw refuse('The plan is older than 15 minutes: what it counted may have changed. Plan again.');
  if (!(await deps.replays.apply(id))) throw refuse(`It is ${(await again(deps, operation)).state}; only a plan can be applied.`);
  return again(deps, operation);
}

async function abort(deps: GatewayDeps, operation: ReplayOperation): Promise<ReplayOperation> {
  const { id, state } = operation;
  if (!(await deps.replays.abort(id))) throw new Problem('replay_conflict', { detail: `It is ${state} and has ended.`, fields: { state } });
  return again(deps, operation);
}

/** @throws Problem replay_conflict for a plan, and where it was asked for already. */
async function undo(deps: GatewayDeps, id: string, by: string): Promise<ReplayOperation> {
  const { state } = await found(deps, id, 'replay');
  const isPlan = state === 'planned';
  if (!(await deps.replays.undo(id, by))) {
    const detail = isPlan ? 'The replay is a plan: nothing was replayed.' : 'The undo of this replay was asked for already.';
    throw new Problem('replay_conflict', { detail, fields: { state } });
  }
  return found(deps, id, 'replay');
}

function answer(ctx: RequestContext, status: number, operation: ReplayOperation): void {
  ctx.status = status;
  ctx.set('Location', selfOf(operation));
  if (operation.state === 'collecting' || operation.state === 'running') ctx.set('Retry-After', String(LOOK_AGAIN_S));
  ctx.body = operationView(operation);
}

/** Routes of what is done with many dead letters: planned, listed, followed, applied, aborted. */
function operationRoutes(routes: RouteTable, deps: GatewayDeps, action: LetterAction): void {
  const { guard, replays, limits } = deps;
  const [base, name] = [BASES[action], action === 'delete' ? 'removal' : 'replay'];
  const idOf = (ctx: RequestContext & { readonly params: Readonly<Record<string, string>> }) => ctx.params[`${name}_id`] ?? '';
  routes.post(base, { scope: 'admin', action: `${name}.plan` }, async (ctx) => {
    const operation = await (action === 'delete' ? planRemoval : planReplay)(deps, ctx);
    ctx.state.made = operation.id;
    answer(ctx, 201, operation);
  });
  routes.get(base, 'admin', async (ctx) => {
    const { limit } = readQuery(ctx, listQuery);
    ctx.body = { [`${name}s`]: (await guard.run(() => replays.list(limit, action))).map(operationView) };
  });
  routes.get(`${base}/:${name}_id`, 'admin', async (ctx) => {
    answer(ctx, 200, await guard.run(() => found(deps, idOf(ctx), action)));
    ctx.remove('Location');
  });
  routes.get(`${base}/:${name}_id/items`, 'admin', async (ctx) => {
    const { outcome, limit, page_token: after } = readQuery(ctx, itemsQuery);
    const items = await guard.run(async () => {
      await found(deps, idOf(ctx), action);
      return replays.items(idOf(ctx), outcome as ReplayItem['outcome'] | undefined, limit, after);
    });
    const next = items.length === limit ? String(items.at(-1)!.seq) : undefined;
    ctx.body = { [`${name}_id`]: idOf(ctx), items: items.map(itemView), ...(next !== undefined && { next_page_token: next }) };
  });
  routes.post(`${base}/:${name}_id/apply`, { scope: 'admin', action: `${name}.apply` }, async (ctx) => {
    const { digest } = checkBody(await readJson(ctx, limits), replayApplyRequest);
    answer(ctx, 202, await guard.run(async () => apply(deps, await found(deps, idOf(ctx), action), digest)));
  });
  routes.post(`${base}/:${name}_id/abort`, { scope: 'admin', action: `${name}.abort` }, async (ctx) => {
    answer(ctx, 202, await guard.run(async () => abort(deps, await found(deps, idOf(ctx), action))));
  });
}

/** Replays and removals of many dead letters, and the undo of replays. A scheduler carries them out. */
export function replayRoutes(routes: RouteTable, deps: GatewayDeps): void {
  operationRoutes(routes, deps, 'replay');
  routes.post('/admin/v1/replays/:replay_id/undo', { scope: 'admin', action: 'replay.undo' }, async (ctx) => {
    answer(ctx, 202, await deps.guard.run(() => undo(deps, ctx.params['replay_id'] ?? '', operatorOf(ctx))));
  });
  operationRoutes(routes, deps, 'delete');
}
