import type Koa from 'koa';
import { baseApp } from './base-app.ts';
import { appOptions, type GatewayDeps } from './gateway-deps.ts';
import type { RequestState } from './middleware/request-context.ts';
import type { RouteTable } from './route-table.ts';
import { auditRoutes } from './routes/audit.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { etaRoutes } from './routes/eta.ts';
import { fsckRoutes } from './routes/fsck.ts';
import { keyRoutes } from './routes/keys.ts';
import { errorRoutes, healthRoutes } from './routes/meta.ts';
import { metricsRoute } from './routes/metrics.ts';
import { pauseRoutes } from './routes/pauses.ts';
import { replayRoutes } from './routes/replays.ts';
import { stageRoutes } from './routes/stages.ts';
import { windowRoutes } from './routes/windows.ts';
import { workerRoutes } from './routes/workers.ts';

/** Adds every route of the control plane. */
function addAdminRoutes(routes: RouteTable, deps: GatewayDeps): void {
  stageRoutes(routes, deps);
  pauseRoutes(routes, deps);
  windowRoutes(routes, deps);
  workerRoutes(routes, deps);
  deadLetterRoutes(routes, deps);
  replayRoutes(routes, deps);
  etaRoutes(routes, deps);
  fsckRoutes(routes, deps);
  keyRoutes(routes, deps);
  auditRoutes(routes, deps);
  healthRoutes(routes, deps.health);
  errorRoutes(routes);
  metricsRoute(routes, deps.metrics);
  routes.get('/', 'public', (ctx) => {
    const paths = routes.routes.map(({ method, path }) => `${method} ${path}`);
    ctx.body = { service: 'jobline control plane', paths, routes: routes.routes };
  });
}

/** The control plane, not listening. It sees all tenants: without keys only operators may reach it. */
export function createAdminApp(deps: GatewayDeps): Koa<RequestState> {
  return baseApp(appOptions(deps, 'admin'), (routes) => addAdminRoutes(routes, deps));
}
