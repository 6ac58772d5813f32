import type { Router } from '@koa/router';
import type { MetricsSource } from '../../../shared/ports/metrics.ts';
import type { RequestState } from '../middleware/request-context.ts';

/** GET /metrics of this gateway, the same as on its health port. */
export function metricsRoute(router: Router<RequestState>, metrics: MetricsSource): void {
  router.get('/metrics', async (ctx) => {
    const { contentType, body } = await metrics.render(ctx.get('Accept'));
    ctx.body = body;
    ctx.set('Content-Type', contentType);
  });
}
