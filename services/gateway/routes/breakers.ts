import type { BreakerChange } from '../../../shared/domain/control/breaker.ts';
import { breakerRequest } from '../../../shared/schema/control-request.ts';
import { breakerView, historyView, readBreaker, readBreakers, setBreaker } from '../control/breaker-desk.ts';
import { operatorOf } from '../control/pause-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

/** Breakers of dependencies: listed, shown with their history, opened and closed by hand. */
export function breakerRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, limits } = deps;
  const set = async (ctx: RequestContext, id: string, to: BreakerChange['to']): Promise<void> => {
    const request = checkBody(await readJson(ctx, limits), breakerRequest);
    ctx.state.made = id;
    ctx.body = breakerView(await guard.run(() => setBreaker(deps, id, to, { ...request, by: operatorOf(ctx) })));
  };
  routes.get('/admin/v1/breakers', 'admin', async (ctx) => {
    ctx.body = { breakers: (await guard.run(() => readBreakers(deps))).map(breakerView) };
  });
  routes.get('/admin/v1/breakers/:breaker_id', 'admin', async (ctx) => {
    const seen = await guard.run(() => readBreaker(deps, ctx.params['breaker_id'] ?? ''));
    ctx.body = { ...breakerView(seen), history: historyView(seen) };
  });
  routes.post('/admin/v1/breakers/:breaker_id/open', { scope: 'admin', action: 'breaker.open' }, (ctx) =>
    set(ctx, ctx.params['breaker_id'] ?? '', 'open'),
  );
  routes.post('/admin/v1/breakers/:breaker_id/close', { scope: 'admin', action: 'breaker.close' }, (ctx) =>
    set(ctx, ctx.params['breaker_id'] ?? '', 'closed'),
  );
}
