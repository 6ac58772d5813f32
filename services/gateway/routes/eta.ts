import type { GatewayDeps } from '../gateway-deps.ts';
import type { RouteTable } from '../route-table.ts';

/** GET /admin/v1/eta: how well the predictions of this gateway come true, and how old the figures behind them are. */
export function etaRoutes(routes: RouteTable, deps: Pick<GatewayDeps, 'eta'>): void {
  routes.get('/admin/v1/eta', 'admin', (ctx) => {
    const { calibration, remembered, ageMs, tookMs, failures } = deps.eta.figures;
    const { ended, withinP50, withinP90, groups } = calibration;
    ctx.body = {
      ended,
      within_p50: withinP50 ?? null,
      within_p90: withinP90 ?? null,
      remembered,
      groups,
      sample: {
        age_ms: ageMs === undefined ? null : Math.round(ageMs),
        took_ms: tookMs === undefined ? null : Math.round(tookMs),
        failures,
      },
    };
  });
}
