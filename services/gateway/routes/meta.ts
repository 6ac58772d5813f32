import { describeError } from '../error-catalogue.ts';
import type { HealthAnswer, HealthView } from '../gateway-deps.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import type { RouteTable } from '../route-table.ts';

function answerHealth(ctx: RequestContext, answer: HealthAnswer): void {
  ctx.status = answer.ok ? 200 : 503;
  if (answer.ok) ctx.body = answer;
  else throw new Problem('not_ready', { fields: { health: answer }, headers: { 'Retry-After': '1' } });
}

/** /livez, /readyz and /startupz on the app's own port, for load balancers. */
export function healthRoutes(routes: RouteTable, health: HealthView): void {
  routes.get('/livez', 'public', (ctx) => answerHealth(ctx, health.live()));
  routes.get('/startupz', 'public', (ctx) => answerHealth(ctx, health.startup()));
  routes.get('/readyz', 'public', async (ctx) => answerHealth(ctx, await health.ready()));
}

/** GET /errors/{code}: what the `type` of a problem points to. */
export function errorRoutes(routes: RouteTable): void {
  routes.get('/errors/:code', 'public', (ctx) => {
    const description = describeError(ctx.params['code'] ?? '');
    if (!description) throw new Problem('not_found', { detail: 'There is no error of this code.' });
    ctx.set('Cache-Control', 'public, max-age=3600');
    ctx.body = description;
  });
}
