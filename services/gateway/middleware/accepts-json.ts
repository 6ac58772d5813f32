import type { Middleware } from 'koa';
import { Problem } from '../problems.ts';
import type { RequestState } from './request-context.ts';

/** Refuses requests whose Accept header leaves no room for JSON. */
export const acceptsJson: Middleware<RequestState> = (ctx, next) => {
  const accept = ctx.get('Accept');
  if (accept === '' || accept === '*/*' || accept === 'application/json' || ctx.accepts('application/json')) return next();
  throw new Problem('not_acceptable', { detail: 'This path answers application/json.' });
};
