import type { Middleware } from 'koa';
import { isWaiting } from '../body-rest.ts';
import { Problem } from '../problems.ts';
import type { RequestState } from './request-context.ts';

/** What node:http would refuse without a body of its own, answered as a problem. */
export const validRequest: Middleware<RequestState> = (ctx, next) => {
  const { headers, headersDistinct, httpVersion } = ctx.req;
  if (httpVersion === '1.1' && !headers.host) throw new Problem('bad_request', { detail: 'The Host header is missing.' });
  if ((headersDistinct.host?.length ?? 0) > 1) throw new Problem('bad_request', { detail: 'There are several Host headers.' });
  const coding = headers['transfer-encoding']?.trim().toLowerCase();
  if (coding !== undefined && coding !== 'chunked')
    throw new Problem('bad_request', { detail: 'Only Transfer-Encoding: chunked is known.' });
  if (headers.expect !== undefined && !isWaiting(ctx.req))
    throw new Problem('expectation_failed', { detail: 'Only Expect: 100-continue is known.' });
  return next();
};
