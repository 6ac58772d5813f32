import type { Middleware } from 'koa';
import type { ClientAddresses } from '../../../shared/ports/client-addresses.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import { settleBody } from '../body-rest.ts';
import { type Problem, problemBody, toProblem } from '../problems.ts';
import type { RequestContext, RequestState } from './request-context.ts';

function answer(ctx: RequestContext, problem: Problem): void {
  ctx.status = problem.status;
  ctx.state.problem = problem.code;
  if (problem.bound) ctx.state.bound = problem.bound;
  ctx.set(problem.headers);
  ctx.body = JSON.stringify(problemBody(problem, ctx.state.traceId, ctx.path.slice(0, 300)));
  ctx.type = 'application/problem+json';
}

/** Turns whatever is thrown into an RFC 9457 answer. Only unknown errors are logged with their stack; no answer carries one. */
export function problemResponses(logger: Logger, addresses: Pick<ClientAddresses, 'of'>): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = toProblem(error);
      const facts = {
        trace_id: ctx.state.traceId,
        request_id: ctx.state.requestId,
        method: ctx.method,
        path: ctx.path.slice(0, 300),
        client: addresses.of(ctx.req),
      };
      const isClientGone = ctx.req.destroyed && !ctx.req.complete;
      if (problem.code === 'internal_error' && !isClientGone) logger.error({ ...facts, err: error }, 'request failed');
      else logger.debug({ ...facts, code: problem.code, status: problem.status }, 'request refused');
      if (ctx.headerSent) ctx.res.destroy();
      else answer(ctx, problem);
    }
    settleBody(ctx);
  };
}
