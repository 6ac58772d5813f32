import type { Middleware } from 'koa';
import type { ClientAddresses } from '../../../shared/ports/client-addresses.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import type { RequestState } from './request-context.ts';

export interface AccessLogOptions {
  readonly logger: Logger;
  readonly addresses: Pick<ClientAddresses, 'of'>;
  /** `api` or `admin`. */
  readonly listener: string;
}

/** Logs each request once its answer is sent or its client gone. Without the query: it may hold the signature of a link. */
export function accessLogged({ logger, addresses, listener }: AccessLogOptions): Middleware<RequestState> {
  return (ctx, next) => {
    const { method, path, req, res, state } = ctx;
    // Once the connection is gone, its address is too.
    const client = addresses.of(req);
    res.once('close', () => {
      const { traceId: trace_id, requestId: request_id, principal } = state;
      const status = res.headersSent ? ctx.status : 0;
      const facts = { listener, method, path: path.slice(0, 300), status, client, trace_id, request_id };
      logger.info({ ...facts, ...(principal?.keyId !== undefined && { key_id: principal.keyId }) }, 'request answered');
    });
    return next();
  };
}
