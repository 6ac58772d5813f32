import { Router } from '@koa/router';
import Koa from 'koa';
import type { ClientAddresses } from '../../shared/ports/client-addresses.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import { accessLogged } from './middleware/access-logged.ts';
import { type Audit, audited } from './middleware/audited.ts';
import { crossOrigin } from './middleware/cross-origin.ts';
import { knownHost } from './middleware/known-host.ts';
import { matching } from './middleware/matching.ts';
import { type MeasuredOptions, measured } from './middleware/measured.ts';
import { problemResponses } from './middleware/problem-responses.ts';
import { type RequestState, requestContext } from './middleware/request-context.ts';
import { type HeadLimits, validRequest } from './middleware/valid-request.ts';
import { type Admission, RouteTable } from './route-table.ts';

export interface BaseAppOptions {
  readonly logger: Logger;
  readonly measure: MeasuredOptions;
  readonly admission: Admission;
  readonly audit?: Audit;
  readonly addresses: ClientAddresses;
  readonly headLimits: HeadLimits;
  readonly hasAccessLog: boolean;
  /** Origins whose pages may use the app. */
  readonly corsOrigins?: readonly string[];
  /** Names that a Host header may have beside those of loopback. Absent: any. */
  readonly allowedHosts?: readonly string[];
}

/** A Koa app with ids, security headers, admission, audit log and problem answers around the routes that `addRoutes` adds. */
export function baseApp(options: BaseAppOptions, addRoutes: (routes: RouteTable) => void): Koa<RequestState> {
  const { logger, measure, admission, audit, allowedHosts, corsOrigins = [], addresses, headLimits, hasAccessLog } = options;
  const app = new Koa<RequestState>();
  const router = new Router<RequestState>({ sensitive: true, strict: true });
  addRoutes(new RouteTable(router, admission));
  app.on('error', (error: unknown) => logger.error({ err: error }, 'answering a request failed'));
  app.use(measured(measure));
  app.use(requestContext);
  if (hasAccessLog) app.use(accessLogged({ logger, addresses, listener: measure.listener }));
  if (corsOrigins.length > 0) app.use(crossOrigin(corsOrigins));
  if (audit) app.use(audited(audit, addresses));
  app.use(problemResponses(logger, addresses));
  app.use(validRequest(headLimits));
  if (allowedHosts) app.use(knownHost(allowedHosts));
  const { routes, unmatched } = matching(router);
  app.use(routes);
  app.use(unmatched);
  return app;
}
