import type { Router } from '@koa/router';
import type Koa from 'koa';
import { openApiDocument } from '../../shared/schema/openapi.ts';
import { OPERATIONS } from '../../shared/schema/operations.ts';
import { baseApp } from './base-app.ts';
import { appOptions, type GatewayDeps } from './gateway-deps.ts';
import { acceptsJson } from './middleware/accepts-json.ts';
import type { RequestState } from './middleware/request-context.ts';
import { batchRoutes } from './routes/batch.ts';
import { deleteRoutes } from './routes/delete-job.ts';
import { explainRoutes } from './routes/explain.ts';
import { jobRoutes } from './routes/jobs.ts';
import { errorRoutes, healthRoutes } from './routes/meta.ts';
import { outputRoutes } from './routes/outputs.ts';
import { submitRoutes } from './routes/submit.ts';
import { uploadRoutes } from './routes/uploads.ts';

/** Adds every route of the public API. @param version shown in the OpenAPI document. */
export function addPublicRoutes(router: Router<RequestState>, deps: GatewayDeps, version: string): void {
  const openApi = JSON.stringify(openApiDocument(version));
  const paths = OPERATIONS.map(({ method, path, summary }) => ({ method: method.toUpperCase(), path, summary }));
  // The hottest path stands first: routes are tried in order.
  submitRoutes(router, deps);
  batchRoutes(router, deps);
  jobRoutes(router, deps);
  explainRoutes(router, deps);
  deleteRoutes(router, deps);
  outputRoutes(router, deps);
  uploadRoutes(router, deps);
  healthRoutes(router, deps.health);
  errorRoutes(router);
  router.get('/openapi.json', acceptsJson, (ctx) => {
    ctx.type = 'application/json';
    ctx.body = openApi;
  });
  router.get('/', acceptsJson, (ctx) => {
    ctx.body = { service: 'jobline', version, documentation: '/openapi.json', paths };
  });
}

/** The public API, not listening. */
export function createApp(deps: GatewayDeps, version: string): Koa<RequestState> {
  return baseApp(appOptions(deps, 'api'), (router) => addPublicRoutes(router, deps, version));
}
