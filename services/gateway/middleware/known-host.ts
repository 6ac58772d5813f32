import type { Middleware } from 'koa';
import { Problem } from '../problems.ts';
import type { RequestState } from './request-context.ts';

/** With an optional port; a browser sends no other form of a loopback address. */
const LOOPBACK = /^(?:(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Refuses requests that call the server by a name that is not its own. A page of evil.example whose name is made to lead to
 * 127.0.0.1 (DNS rebinding) could else read every answer of a server that asks for no key.
 * @param names beside those of loopback, lower case.
 */
export function knownHost(names: readonly string[]): Middleware<RequestState> {
  const isKnown = (host: string) => LOOPBACK.test(host) || names.includes(host.toLowerCase().replace(/\.?(?::\d{1,5})?$/, ''));
  return (ctx, next) => {
    // HTTP/1.0 without one: no browser.
    const { host } = ctx.req.headers;
    if (host === undefined || isKnown(host)) return next();
    throw new Problem('host_not_allowed', { detail: `${JSON.stringify(host.slice(0, 100))} is no name of this gateway (ALLOWED_HOSTS).` });
  };
}
