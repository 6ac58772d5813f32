import type Koa from 'koa';
import { baseApp } from './base-app.ts';
import { appOptions, type GatewayDeps } from './gateway-deps.ts';
import type { RequestState } from './middleware/request-context.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { etaRoutes } from './routes/eta.ts';
import { fsckRoutes } from './routes/fsck.ts';
import { errorRoutes, healthRoutes } from './routes/meta.ts';
import { metricsRoute } from './routes/metrics.ts';
import { stageRoutes } from './routes/stages.ts';

const PATHS = [
  'GET /admin/v1/stages',
  'GET /admin/v1/jobs/{job_id}',
  'GET /admin/v1/dead-letters?stage=p1',
  'POST /admin/v1/dead-letters/replay',
  'GET /admin/v1/eta',
  'POST /admin/v1/fsck',
  'GET /admin/v1/fsck',
  'GET /admin/v1/fsck/{run_id}',
  'GET /livez',
  'GET /readyz',
  'GET /startupz',
  'GET /metrics',
];

/** The control plane, not listening. It sees all tenants and has no keys yet: it must only be reachable by operators. */
export function createAdminApp(deps: GatewayDeps): Koa<RequestState> {
  return baseApp(appOptions(deps, 'admin'), (router) => {
    stageRoutes(router, deps);
    deadLetterRoutes(router, deps);
    etaRoutes(router, deps);
    fsckRoutes(router, deps);
    healthRoutes(router, deps.health);
    errorRoutes(router);
    metricsRoute(router, deps.metrics);
    router.get('/', (ctx) => {
      ctx.body = { service: 'jobline control plane', paths: PATHS };
    });
  });
}
