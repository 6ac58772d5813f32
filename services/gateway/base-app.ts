import { Router } from '@koa/router';
import Koa from 'koa';
import type { Logger } from '../../shared/ports/logger.ts';
import { type MeasuredOptions, measured } from './middleware/measured.ts';
import { problemResponses } from './middleware/problem-responses.ts';
import { type RequestState, requestContext } from './middleware/request-context.ts';
import { unmatched } from './middleware/unmatched.ts';
import { validRequest } from './middleware/valid-request.ts';
import { Problem } from './problems.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface BaseAppOptions {
  readonly logger: Logger;
  readonly measure: MeasuredOptions;
}

/** A Koa app with ids, security headers and problem answers around the routes that `addRoutes` adds. */
export function baseApp({ logger, measure }: BaseAppOptions, addRoutes: (router: Router<RequestState>) => void): Koa<RequestState> {
  const app = new Koa<RequestState>();
  const router = new Router<RequestState>({ sensitive: true, strict: true });
  // An id that cannot be one needs no look into the store.
  router.param('job_id', (id, _ctx, next) => {
    if (!UUID.test(id)) throw new Problem('job_not_found', { detail: `${JSON.stringify(id.slice(0, 64))} is not the id of a job.` });
    return next();
  });
  addRoutes(router);
  app.on('error', (error: unknown) => logger.error({ err: error }, 'answering a request failed'));
  app.use(measured(measure));
  app.use(requestContext);
  app.use(problemResponses(logger));
  app.use(validRequest);
  app.use(router.routes());
  app.use(unmatched(router));
  return app;
}
