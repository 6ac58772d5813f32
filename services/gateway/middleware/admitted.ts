import type { AccessControl } from '../access/access-control.ts';
import type { RequestsInFlight } from '../bounds/requests-in-flight.ts';
import { Problem } from '../problems.ts';
import type { Admission } from '../route-table.ts';
import type { RequestContext } from './request-context.ts';

/** Counts a request against its limit. */
export interface RequestLimiter {
  /** Sets the RateLimit headers. @throws Problem rate_limited, StoreUnavailableError. */
  pass(ctx: RequestContext): Promise<void>;
}

export interface AdmittedOptions {
  readonly access: AccessControl;
  /** Requests a second. */
  readonly limiter?: RequestLimiter | undefined;
  /** Requests at the same time. */
  readonly flights?: Pick<RequestsInFlight, 'enter'> | undefined;
}

/** Finds out who asks, and lets pass whoever has the route's scope and is within their limits. A link asks for no key. */
export function admitted({ access, limiter, flights }: AdmittedOptions): Admission {
  return (scope) => async (ctx, next) => {
    if (scope === 'link') {
      flights?.enter(ctx);
      return next();
    }
    const found = access.principalOf(ctx.req);
    const principal = found instanceof Promise ? await found : found;
    ctx.state.principal = principal;
    ctx.state.tenant = principal.tenant;
    if (!principal.scopes.includes(scope)) {
      throw new Problem('insufficient_scope', {
        detail: `This needs a key with the scope ${scope}; this one has ${principal.scopes.join(', ')}.`,
        fields: { required_scope: scope },
        headers: { 'WWW-Authenticate': `Bearer realm="jobline", error="insufficient_scope", scope="${scope}"` },
      });
    }
    flights?.enter(ctx);
    if (limiter) await limiter.pass(ctx);
    return next();
  };
}
