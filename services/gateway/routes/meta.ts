import type { Router } from '@koa/router';
import { describeError } from '../error-catalogue.ts';
import type { HealthAnswer, HealthView } from '../gateway-deps.ts';
import type { RequestContext, RequestState } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';

function answerHealth(ctx: RequestContext, answer: HealthAnswer): void {
  ctx.status = answer.ok ? 200 : 503;
  if (answer.ok) ctx.body = answer;
  else throw new Problem('not_ready', { fields: { health: answer }, headers: { 'Retry-After': '1' } });
}

/** /livez, /readyz and /startupz on the app's own port, for load balancers. */
export function healthRoutes(router: Router<RequestState>, health: HealthView): void {
  router.get('/livez', (ctx) => answerHealth(ctx, health.live()));
  router.get('/startupz', (ctx) => answerHealth(ctx, health.startup()));
  router.get('/readyz', async (ctx) => answerHealth(ctx, await health.ready()));
}

/** GET /errors/{code}: what the `type` of a problem points to. */
export function errorRoutes(router: Router<RequestState>): void {
  router.get('/errors/:code', (ctx) => {
    const description = describeError(ctx.params['code'] ?? '');
    if (!description) throw new Problem('not_found', { detail: 'There is no error of this code.' });
    ctx.set('Cache-Control', 'public, max-age=3600');
    ctx.body = description;
  });
}
