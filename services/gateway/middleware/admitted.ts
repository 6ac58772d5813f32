import type { AccessControl } from '../access/access-control.ts';
import { Problem } from '../problems.ts';
import type { Admission } from '../route-table.ts';
import type { RequestContext } from './request-context.ts';

/** Counts a request against its limit. */
export interface RequestLimiter {
  /** Sets the RateLimit headers. @throws Problem rate_limited, StoreUnavailableError. */
  pass(ctx: RequestContext): Promise<void>;
}

/** Finds out who asks, and lets pass whoever has the route's scope and has not used up their limit. */
export function admitted(access: AccessControl, limiter?: RequestLimiter): Admission {
  return (scope) => async (ctx, next) => {
    const principal = await access.principalOf(ctx.req);
    ctx.state.principal = principal;
    ctx.state.tenant = principal.tenant;
    if (!principal.scopes.includes(scope)) {
      throw new Problem('insufficient_scope', {
        detail: `This needs a key with the scope ${scope}; this one has ${principal.scopes.join(', ')}.`,
        fields: { required_scope: scope },
        headers: { 'WWW-Authenticate': `Bearer realm="jobline", error="insufficient_scope", scope="${scope}"` },
      });
    }
    await limiter?.pass(ctx);
    return next();
  };
}
