import {
  mergedRules,
  type Outcome,
  type RetentionDays,
  type RetentionRule,
  ruleIdOf,
} from '../../../shared/domain/retention/retention-rule.ts';
import type { StoredRetentionRule } from '../../../shared/ports/retention-store.ts';
import { retentionRuleRequest } from '../../../shared/schema/retention-request.ts';
import { operatorOf } from '../control/pause-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import { Problem } from '../problems.ts';
import { checkBody, invalidRequest } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const selfOf = (id: string): string => `/admin/v1/retention/rules/${encodeURIComponent(id)}`;

function ruleView(rule: RetentionRule & Partial<Pick<StoredRetentionRule, 'by' | 'updatedAt'>>) {
  const { type, outcome, days, by, updatedAt } = rule;
  return {
    rule_id: ruleIdOf(rule),
    type,
    outcome: outcome?.toLowerCase(),
    job_days: days.job,
    payload_days: days.payload,
    outputs_days: days.outputs,
    timeline_days: days.timeline,
    source: updatedAt ? 'api' : 'configuration',
    set_by: by,
    updated_at: updatedAt?.toISOString(),
    links: { self: selfOf(ruleIdOf(rule)) },
  };
}

function ruleOf({ pipelines }: GatewayDeps, body: unknown): RetentionRule {
  const { type, outcome, job_days, payload_days, outputs_days, timeline_days } = checkBody(body, retentionRuleRequest);
  if (type !== undefined && !pipelines.has(type))
    throw invalidRequest([{ pointer: '/type', detail: `is no job type; there are ${pipelines.names().join(', ')}` }]);
  const all = { job: job_days, payload: payload_days, outputs: outputs_days, timeline: timeline_days };
  const days = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as RetentionDays;
  return { ...(type !== undefined && { type }), ...(outcome !== undefined && { outcome: outcome.toUpperCase() as Outcome }), days };
}

function ruleNotFound(id: string): Problem {
  return new Problem('retention_rule_not_found', { detail: `There is no rule ${JSON.stringify(id.slice(0, 200))}.` });
}

/** How long ended jobs and their parts are kept: rules listed, set, removed. A scheduler applies them. */
export function retentionRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, limits, pipelines } = deps;
  const { store, configured } = deps.retention;
  routes.get('/admin/v1/retention', 'admin', async (ctx) => {
    const rules = mergedRules(configured, await guard.run(() => store.rules()));
    const defaults = pipelines.names().map((type) => ({ type, job_days: pipelines.typeOf(type).retainDays }));
    ctx.body = { rules: rules.map(ruleView), defaults };
  });
  routes.post('/admin/v1/retention/rules', { scope: 'admin', action: 'retention.set' }, async (ctx) => {
    const rule = ruleOf(deps, await readJson(ctx, limits));
    const stored = await guard.run(() => store.put(rule, operatorOf(ctx)));
    ctx.state.made = stored.id;
    ctx.status = 201;
    const view = ruleView(stored);
    ctx.set('Location', view.links.self);
    ctx.body = view;
  });
  routes.get('/admin/v1/retention/rules/:rule_id', 'admin', async (ctx) => {
    const id = ctx.params['rule_id'] ?? '';
    const rule = mergedRules(configured, await guard.run(() => store.rules())).find((one) => ruleIdOf(one) === id);
    if (!rule) throw ruleNotFound(id);
    ctx.body = ruleView(rule);
  });
  routes.delete('/admin/v1/retention/rules/:rule_id', { scope: 'admin', action: 'retention.remove' }, async (ctx) => {
    const id = ctx.params['rule_id'] ?? '';
    ctx.state.made = id;
    if (!(await guard.run(() => store.remove(id)))) {
      if (!configured.some((rule) => ruleIdOf(rule) === id)) throw ruleNotFound(id);
      const detail = `The rule ${JSON.stringify(id)} is one of RETENTION_RULES: change the configuration, or set another for the same jobs.`;
      throw new Problem('retention_rule_not_found', { detail });
    }
    ctx.status = 204;
  });
}
