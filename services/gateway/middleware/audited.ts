import type { Middleware } from 'koa';
import { parseKey } from '../../../shared/domain/api-key.ts';
import type { AuditEntry } from '../../../shared/domain/audit-entry.ts';
import type { ClientAddresses } from '../../../shared/ports/client-addresses.ts';
import type { RequestContext, RequestState } from './request-context.ts';

/** Takes note of calls, without holding them up. */
export interface Audit {
  note(entry: Omit<AuditEntry, 'id' | 'at'>): void;
}

/** Many in a row that changed nothing would drive out what did. */
const NOT_NOTED = 429;

const LONGEST_TARGET = 40;

/** The one id among the parameters of a path. */
function targetOf(ctx: RequestContext & { readonly params?: Readonly<Record<string, string>> }): string | undefined {
  const { job_id, key_id } = ctx.params ?? {};
  const target = ctx.state.made ?? job_id ?? key_id;
  // Whoever takes the whole key for its id must not find it here.
  return target === undefined ? undefined : (parseKey(target)?.id ?? target.slice(0, LONGEST_TARGET));
}

/** Notes each call of a route that changes something, once it is known how it was answered: by whom, from where, what, to what. */
export function audited(audit: Audit, addresses: Pick<ClientAddresses, 'of'>): Middleware<RequestState> {
  return async (ctx, next) => {
    await next();
    const { principal, action, traceId, jobs } = ctx.state;
    if (!principal || action === undefined || ctx.status === NOT_NOTED) return;
    const { tenant, keyId, keyName } = principal;
    const target = targetOf(ctx);
    audit.note({
      tenant,
      ...(keyId !== undefined && { keyId }),
      ...(keyName !== undefined && { keyName }),
      action,
      ...(target !== undefined && { target }),
      ...(jobs !== undefined && { jobs }),
      status: ctx.status,
      traceId,
      client: addresses.of(ctx.req),
    });
  };
}
