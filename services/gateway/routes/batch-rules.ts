import type { BatchRule, BatchSpec } from '../../../shared/domain/batches/batch-rule.ts';
import { ticksBetween } from '../../../shared/domain/schedule/tick-source.ts';
import { parseSearch } from '../../../shared/domain/search/parse-search.ts';
import { movedTo } from '../../../shared/jobs/batches/tick-batch-rules.ts';
import { batchRuleRequest } from '../../../shared/schema/batch-rule-request.ts';
import { batchSpecOf } from '../batch-spec.ts';
import { ruleSelf, ruleView, runSelf, runView } from '../batch-view.ts';
import { operatorOf } from '../control/pause-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const MOST_RULES = 200;
const MOST_TRIES = 10;
/** Jobs and instants that a preview shows. */
const SHOWN_JOBS = 50;
const SHOWN_INSTANTS = 5;
const FURTHEST_MS = 5 * 366 * 86_400_000;

type Context = RequestContext & { readonly params: Readonly<Record<string, string>> };
const idOf = (ctx: Context): string => ctx.params['rule_id'] ?? '';

async function found({ batches }: GatewayDeps, id: string): Promise<BatchRule> {
  const rule = await batches.rules.read(id);
  if (rule) return rule;
  throw new Problem('batch_rule_not_found', { detail: `There is no rule ${JSON.stringify(id.slice(0, 64))}.` });
}

async function create(deps: GatewayDeps, ctx: Context): Promise<BatchRule> {
  const request = checkBody(await readJson(ctx, deps.limits), batchRuleRequest);
  const { batches, store, clock, guard } = deps;
  return guard.run(async () => {
    if ((await batches.rules.list()).length >= MOST_RULES) throw new Problem('too_many_batch_rules');
    const now = await store.serverTime();
    const spec = await batchSpecOf(deps, request, now);
    const times = { cursorAt: now, createdAt: now, updatedAt: now };
    const rule: BatchRule = { id: clock.uuid(), version: 1, spec, isEnabled: request.enabled, by: operatorOf(ctx), ...times };
    const made = movedTo(deps.schedules, rule, now);
    await batches.rules.create(made);
    return made;
  });
}

/** Instants that came before a change are decided as the rule was: a change moves its watermark to now. @throws Problem. */
async function change(deps: GatewayDeps, ctx: Context, to: (rule: BatchRule) => Partial<BatchRule>): Promise<BatchRule> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const rule = await found(deps, idOf(ctx));
    const now = await deps.store.serverTime();
    const wanted = movedTo(deps.schedules, { ...rule, ...to(rule), by: operatorOf(ctx), updatedAt: now }, now);
    const changed = await deps.batches.rules.replace(wanted);
    if (changed) return changed;
  }
  throw new Problem('batch_rule_busy');
}

/** What a run would find now, and when the next ones come; nothing is done. */
async function preview(deps: GatewayDeps, spec: BatchSpec, now: Date) {
  const parsed = parseSearch(spec.query, now);
  const page = parsed.ok
    ? await deps.search.search({ ...parsed.search, tenant: spec.tenant }, Math.min(SHOWN_JOBS, spec.maxJobs))
    : undefined;
  const { calendar } = deps.schedules;
  const instants = ticksBetween(calendar.ticksOf(spec.timing), now, new Date(now.getTime() + FURTHEST_MS), SHOWN_INSTANTS);
  return {
    words: calendar.wordsOf(spec.timing),
    next_runs: instants.map((at) => at.toISOString()),
    jobs: page?.jobs.map(({ id, type, state }) => ({ job_id: id, type, state, links: { job: `/admin/v1/jobs/${id}` } })) ?? [],
    is_more: page?.next !== undefined,
  };
}

async function run(deps: GatewayDeps, ctx: Context): Promise<void> {
  const { batches, clock, store, guard } = deps;
  const id = clock.uuid();
  const asked = await guard.run(async () => {
    const { id: of, spec } = await found(deps, idOf(ctx));
    await batches.runs.request({ id, of, spec, by: operatorOf(ctx), at: await store.serverTime() });
    return batches.runs.read(id);
  });
  ctx.state.made = id;
  ctx.status = 202;
  ctx.set({ Location: runSelf(id), 'Retry-After': '1' });
  ctx.body = runView(asked!);
}

/** Rules of batches: made, said anew, switched, removed, listed, previewed and run by hand. A scheduler runs them. */
export function batchRuleRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, limits, batches, schedules, store } = deps;
  const one = '/admin/v1/batch-rules/:rule_id';
  const as = (action: string) => ({ scope: 'admin', action: `batch_rule.${action}` }) as const;
  const show = (ctx: Context, rule: BatchRule, status = 200): void => {
    ctx.state.made = rule.id;
    ctx.status = status;
    if (status === 201) ctx.set('Location', ruleSelf(rule.id));
    ctx.body = ruleView(schedules.calendar, rule);
  };
  routes.post('/admin/v1/batch-rules', as('create'), async (ctx) => show(ctx, await create(deps, ctx), 201));
  routes.get('/admin/v1/batch-rules', 'admin', async (ctx) => {
    ctx.body = { rules: (await guard.run(() => batches.rules.list())).map((rule) => ruleView(schedules.calendar, rule)) };
  });
  routes.post('/admin/v1/batch-rules\\:preview', as('preview'), async (ctx) => {
    const request = checkBody(await readJson(ctx, limits), batchRuleRequest);
    ctx.body = await guard.run(async () => {
      const now = await store.serverTime();
      return preview(deps, await batchSpecOf(deps, request, now), now);
    });
  });
  routes.get(one, 'admin', async (ctx) => show(ctx, await guard.run(() => found(deps, idOf(ctx)))));
  routes.put(one, as('replace'), async (ctx) => {
    await guard.run(() => found(deps, idOf(ctx)));
    const request = checkBody(await readJson(ctx, limits), batchRuleRequest);
    const changed = await guard.run(async () => {
      const spec = await batchSpecOf(deps, request, await store.serverTime());
      return change(deps, ctx, () => ({ spec, isEnabled: request.enabled }));
    });
    show(ctx, changed);
  });
  for (const [action, isEnabled] of [
    ['enable', true],
    ['disable', false],
  ] as const)
    routes.post(`${one}/${action}`, as(action), async (ctx) => show(ctx, await guard.run(() => change(deps, ctx, () => ({ isEnabled })))));
  routes.delete(one, as('delete'), async (ctx) => {
    await guard.run(async () => batches.rules.remove((await found(deps, idOf(ctx))).id));
    ctx.status = 204;
  });
  routes.get(`${one}/preview`, 'admin', async (ctx) => {
    ctx.body = await guard.run(async () => preview(deps, (await found(deps, idOf(ctx))).spec, await store.serverTime()));
  });
  routes.post(`${one}/run`, as('run'), (ctx) => run(deps, ctx));
}
