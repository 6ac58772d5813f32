import type { RerunRule } from '../../../shared/domain/rerun/rerun-rule.ts';
import type { StoredRerunRule } from '../../../shared/ports/rerun-rules.ts';
import { rerunRuleRequest } from '../../../shared/schema/rerun-rule-request.ts';
import { operatorOf } from '../control/pause-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { checkBody, invalidRequest } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const MOST_RULES = 200;

const selfOf = (id: string): string => `/admin/v1/rerun-rules/${id}`;

function ruleView(rule: StoredRerunRule) {
  const { id, name, priority, when, afterMinutes, maxRuns, budgetPerHour, isEnabled, spent, by, updatedAt } = rule;
  return {
    ...{ rule_id: id, name, priority },
    ...{ type: when.type, error_code: when.errorCode, error_class: when.errorClass, fingerprint: when.fingerprint },
    ...{ after_minutes: afterMinutes, max_runs: maxRuns, budget_per_hour: budgetPerHour },
    ...(budgetPerHour !== undefined && { spent_this_hour: spent }),
    ...{ enabled: isEnabled, set_by: by, updated_at: updatedAt.toISOString(), links: { self: selfOf(id) } },
  };
}

function ruleOf({ pipelines }: GatewayDeps, id: string, body: unknown): RerunRule {
  const request = checkBody(body, rerunRuleRequest);
  const { name, priority, type, error_code, error_class, fingerprint, after_minutes, max_runs, budget_per_hour, enabled } = request;
  if (type !== undefined && !pipelines.has(type))
    throw invalidRequest([{ pointer: '/type', detail: `is no job type; there are ${pipelines.names().join(', ')}` }]);
  return {
    ...{ id, name, priority, isEnabled: enabled, afterMinutes: after_minutes, maxRuns: max_runs },
    when: {
      ...(type !== undefined && { type }),
      ...(error_code !== undefined && { errorCode: error_code }),
      ...(error_class !== undefined && { errorClass: error_class }),
      ...(fingerprint !== undefined && { fingerprint }),
    },
    ...(budget_per_hour !== undefined && { budgetPerHour: budget_per_hour }),
  };
}

async function found({ rerunRules }: GatewayDeps, id: string): Promise<StoredRerunRule> {
  const rule = (await rerunRules.list()).find((one) => one.id === id);
  if (rule) return rule;
  throw new Problem('rerun_rule_not_found', { detail: `There is no rule ${JSON.stringify(id.slice(0, 64))}.` });
}

/** Rules by which failed jobs are run again: made, said anew, removed, listed in the order in which they are asked. */
export function rerunRuleRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, limits, rerunRules, clock } = deps;
  const one = '/admin/v1/rerun-rules/:rule_id';
  const as = (action: string) => ({ scope: 'admin', action: `rerun_rule.${action}` }) as const;
  const put = async (ctx: RequestContext, rule: RerunRule, status: number): Promise<void> => {
    const stored = await guard.run(() => rerunRules.put(rule, operatorOf(ctx)));
    ctx.state.made = stored.id;
    ctx.status = status;
    if (status === 201) ctx.set('Location', selfOf(stored.id));
    ctx.body = ruleView(stored);
  };
  routes.post('/admin/v1/rerun-rules', as('create'), async (ctx) => {
    const rule = ruleOf(deps, clock.uuid(), await readJson(ctx, limits));
    if ((await guard.run(() => rerunRules.list())).length >= MOST_RULES) throw new Problem('too_many_rerun_rules');
    await put(ctx, rule, 201);
  });
  routes.get('/admin/v1/rerun-rules', 'admin', async (ctx) => {
    ctx.body = { rules: (await guard.run(() => rerunRules.list())).map(ruleView) };
  });
  routes.get(one, 'admin', async (ctx) => {
    ctx.body = ruleView(await guard.run(() => found(deps, ctx.params['rule_id'] ?? '')));
  });
  routes.put(one, as('replace'), async (ctx) => {
    const { id } = await guard.run(() => found(deps, ctx.params['rule_id'] ?? ''));
    await put(ctx, ruleOf(deps, id, await readJson(ctx, limits)), 200);
  });
  routes.delete(one, as('delete'), async (ctx) => {
    await guard.run(async () => rerunRules.remove((await found(deps, ctx.params['rule_id'] ?? '')).id));
    ctx.status = 204;
  });
}
