import type { Middleware } from 'koa';
import { Problem } from '../problems.ts';
import type { RequestContext, RequestState } from './request-context.ts';

/** @throws Problem not_acceptable where the Accept header leaves no room for the media type. */
export function checkAccepts(ctx: RequestContext, type: string): void {
  const { accept } = ctx.req.headers;
  if (accept === undefined || accept === '' || accept === '*/*' || accept === type || ctx.accepts(type)) return;
  throw new Problem('not_acceptable', { detail: `This path answers ${type}.` });
}

/** Refuses requests whose Accept header leaves no room for JSON. */
export const acceptsJson: Middleware<RequestState> = (ctx, next) => {
  checkAccepts(ctx, 'application/json');
  return next();
};
