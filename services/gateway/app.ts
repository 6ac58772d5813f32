import type Koa from 'koa';
import { asyncApiDocument } from '../../shared/schema/asyncapi.ts';
import { type AccessDescription, openApiDocument } from '../../shared/schema/openapi.ts';
import { OPERATIONS } from '../../shared/schema/operations.ts';
import { baseApp } from './base-app.ts';
import { appOptions, type GatewayDeps } from './gateway-deps.ts';
import { acceptsJson } from './middleware/accepts-json.ts';
import type { RequestState } from './middleware/request-context.ts';
import type { Route, RouteAccess, RouteTable } from './route-table.ts';
import { batchRoutes } from './routes/batch.ts';
import { deleteRoutes } from './routes/delete-job.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { documentRoutes } from './routes/documents.ts';
import { eventRoutes } from './routes/events.ts';
import { explainRoutes } from './routes/explain.ts';
import { jobRoutes } from './routes/jobs.ts';
import { errorRoutes, healthRoutes } from './routes/meta.ts';
import { outputRoutes } from './routes/outputs.ts';
import { scheduleRunRoutes } from './routes/schedule-runs.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { submitRoutes } from './routes/submit.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { webSocketRoute } from './routes/web-socket.ts';

function summaryOf({ method, path }: Route): string | undefined {
  return OPERATIONS.find((one) => one.method.toUpperCase() === method && one.path === path)?.summary;
}

/** Who may use an operation, by the route that serves it. @throws Error for one that no route serves. */
function accessOf({ routes }: RouteTable, method: string, path: string): RouteAccess {
  const route = routes.find((one) => one.method === method.toUpperCase() && one.path === path);
  if (route) return route.access;
  throw new Error(`${method} ${path} is documented, and no route serves it.`);
}

function describedAccess(routes: RouteTable, { access }: GatewayDeps): AccessDescription {
  return {
    asksForKeys: access.asksForKeys,
    of: (method, path) => accessOf(routes, method, path),
  };
}

/** Adds every route of the public API. @param version shown in the OpenAPI document. */
function addPublicRoutes(routes: RouteTable, deps: GatewayDeps, version: string): void {
  // The hottest path stands first: routes are tried in order.
  submitRoutes(routes, deps);
  batchRoutes(routes, deps);
  jobRoutes(routes, deps);
  eventRoutes(routes, deps);
  explainRoutes(routes, deps);
  deleteRoutes(routes, deps);
  outputRoutes(routes, deps);
  deliveryRoutes(routes, deps);
  uploadRoutes(routes, deps);
  scheduleRoutes(routes, deps);
  scheduleRunRoutes(routes, deps);
  webSocketRoute(routes, deps);
  healthRoutes(routes, deps.health);
  errorRoutes(routes);
  documentRoutes(routes, {
    openApi: () => openApi,
    asyncApi: () => asyncApiDocument(version, { pipelines: deps.pipelines, asksForKeys: deps.access.asksForKeys }),
  });
  routes.get('/', 'public', acceptsJson, (ctx) => {
    ctx.body = { service: 'jobline', version, documentation: '/docs', paths };
  });
  const openApi = openApiDocument(version, describedAccess(routes, deps));
  const paths = routes.routes.map((route) => ({ ...route, summary: summaryOf(route) }));
}

/** The public API, not listening. */
export function createApp(deps: GatewayDeps, version: string): Koa<RequestState> {
  return baseApp(appOptions(deps, 'api'), (routes) => addPublicRoutes(routes, deps, version));
}
