import type { Middleware } from 'koa';
import { isOwnHost } from '../../../shared/domain/own-host.ts';
import { Problem } from '../problems.ts';
import type { RequestState } from './request-context.ts';

/**
 * Refuses requests that call the server by a name that is not its own: a page could else read every answer of a server that asks
 * for no key (DNS rebinding).
 * @param names beside those of loopback, lower case.
 */
export function knownHost(names: readonly string[]): Middleware<RequestState> {
  return (ctx, next) => {
    // HTTP/1.0 without one: no browser.
    const { host } = ctx.req.headers;
    if (host === undefined || isOwnHost(host, names)) return next();
    throw new Problem('host_not_allowed', { detail: `${JSON.stringify(host.slice(0, 100))} is no name of this gateway (ALLOWED_HOSTS).` });
  };
}
