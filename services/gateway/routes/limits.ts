import { laneWeightsRequest, limitRequest } from '../../../shared/schema/limit-request.ts';
import { endLimit, findLimit, lanesView, limitView, setLimit } from '../control/limit-desk.ts';
import { operatorOf } from '../control/pause-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

/** Limits of stages, tenants and concurrency keys, and the weights of the lanes. */
export function limitRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, limits, controls } = deps;
  routes.get('/admin/v1/limits', 'admin', async (ctx) => {
    const set = await guard.run(() => controls.read());
    ctx.body = { limits: set.limits.map(limitView) };
  });
  routes.put('/admin/v1/limits', { scope: 'admin', action: 'limit.set' }, async (ctx) => {
    const request = checkBody(await readJson(ctx, limits), limitRequest);
    const limit = await guard.run(() => setLimit(deps, request, operatorOf(ctx)));
    ctx.state.made = limit.id;
    ctx.body = limitView(limit);
  });
  routes.get('/admin/v1/limits/:limit_id', 'admin', async (ctx) => {
    ctx.body = limitView(await guard.run(() => findLimit(deps, ctx.params['limit_id'] ?? '')));
  });
  routes.delete('/admin/v1/limits/:limit_id', { scope: 'admin', action: 'limit.end' }, async (ctx) => {
    const id = ctx.params['limit_id'] ?? '';
    ctx.state.made = id;
    await guard.run(() => endLimit(deps, id));
    ctx.status = 204;
  });
  routes.get('/admin/v1/lanes', 'admin', async (ctx) => {
    ctx.body = lanesView(await guard.run(() => controls.read()));
  });
  routes.put('/admin/v1/lanes', { scope: 'admin', action: 'lanes.weigh' }, async (ctx) => {
    const { weights, reason } = checkBody(await readJson(ctx, limits), laneWeightsRequest);
    const by = operatorOf(ctx);
    ctx.body = lanesView({ laneWeights: await guard.run(() => controls.weighLanes({ weights, reason, by })) });
  });
  routes.delete('/admin/v1/lanes', { scope: 'admin', action: 'lanes.reset' }, async (ctx) => {
    await guard.run(() => controls.resetLanes());
    ctx.status = 204;
  });
}
