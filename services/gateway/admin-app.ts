import type Koa from 'koa';
import { adminOpenApiDocument } from '../../shared/schema/admin/admin-openapi.ts';
import { baseApp } from './base-app.ts';
import { describedAccess } from './described-access.ts';
import { appOptions, type GatewayDeps } from './gateway-deps.ts';
import type { RequestState } from './middleware/request-context.ts';
import type { RouteTable } from './route-table.ts';
import { auditRoutes } from './routes/audit.ts';
import { batchRuleRoutes } from './routes/batch-rules.ts';
import { batchRunRoutes } from './routes/batch-runs.ts';
import { breakerRoutes } from './routes/breakers.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { jsonDocumentRoute } from './routes/documents.ts';
import { editRoutes } from './routes/edits.ts';
import { etaRoutes } from './routes/eta.ts';
import { fsckRoutes } from './routes/fsck.ts';
import { keyRoutes } from './routes/keys.ts';
import { letterGroupRoutes } from './routes/letter-groups.ts';
import { limitRoutes } from './routes/limits.ts';
import { errorRoutes, healthRoutes } from './routes/meta.ts';
import { metricsRoute } from './routes/metrics.ts';
import { pauseRoutes } from './routes/pauses.ts';
import { replayRoutes } from './routes/replays.ts';
import { rerunRuleRoutes } from './routes/rerun-rules.ts';
import { retentionRoutes } from './routes/retention.ts';
import { stageRoutes } from './routes/stages.ts';
import { versionRoutes } from './routes/versions.ts';
import { windowRoutes } from './routes/windows.ts';
import { workerRoutes } from './routes/workers.ts';

/** Adds every route of the control plane. @param version shown in its OpenAPI document. */
function addAdminRoutes(routes: RouteTable, deps: GatewayDeps, version: string): void {
  stageRoutes(routes, deps);
  pauseRoutes(routes, deps);
  breakerRoutes(routes, deps);
  limitRoutes(routes, deps);
  windowRoutes(routes, deps);
  workerRoutes(routes, deps);
  versionRoutes(routes, deps);
  // Before those of one letter, whose id could be the word groups.
  letterGroupRoutes(routes, deps);
  deadLetterRoutes(routes, deps);
  editRoutes(routes, deps);
  replayRoutes(routes, deps);
  retentionRoutes(routes, deps);
  rerunRuleRoutes(routes, deps);
  batchRuleRoutes(routes, deps);
  batchRunRoutes(routes, deps);
  etaRoutes(routes, deps);
  fsckRoutes(routes, deps);
  keyRoutes(routes, deps);
  auditRoutes(routes, deps);
  healthRoutes(routes, deps.health);
  errorRoutes(routes);
  metricsRoute(routes, deps.metrics);
  jsonDocumentRoute(routes, '/openapi.json', () => openApi);
  routes.get('/', 'public', (ctx) => {
    const paths = routes.routes.map(({ method, path }) => `${method} ${path}`);
    ctx.body = { service: 'jobline control plane', paths, routes: routes.routes };
  });
  const openApi = adminOpenApiDocument(version, describedAccess(routes, deps));
}

/** The control plane, not listening. It sees all tenants: without keys only operators may reach it. */
export function createAdminApp(deps: GatewayDeps, version: string): Koa<RequestState> {
  return baseApp(appOptions(deps, 'admin'), (routes) => addAdminRoutes(routes, deps, version));
}
