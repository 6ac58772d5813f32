import type { MetricsSource } from '../../../shared/ports/metrics.ts';
import type { RouteTable } from '../route-table.ts';

/** GET /metrics of this gateway, the same as on its health port. */
export function metricsRoute(routes: RouteTable, metrics: MetricsSource): void {
  routes.get('/metrics', 'admin', async (ctx) => {
    const { contentType, body } = await metrics.render(ctx.get('Accept'));
    ctx.body = body;
    ctx.set('Content-Type', contentType);
  });
}
