import { z } from 'zod';
import type { ApiKey } from '../../../shared/domain/api-key.ts';
import { keyRequest, rotateRequest, tenantName } from '../../../shared/schema/key-request.ts';
import type { IssuedKey } from '../access/api-key-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson, readOptionalJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { checkBody, PAGE_PARAMETERS, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const listQuery = z.strictObject({
  tenant: tenantName.optional(),
  ...PAGE_PARAMETERS,
});
const DAY_MS = 86_400_000;

const selfOf = (id: string): string => `/admin/v1/keys/${id}`;
const iso = (date: Date | undefined) => date?.toISOString();

/** Never more than the id of a secret. */
function keyView(key: ApiKey, now: Date) {
  const { rateLimit, previous } = key;
  return {
    key_id: key.id,
    name: key.name,
    tenant: key.tenant,
    scopes: key.scopes,
    state: stateOf(key, now),
    ...(rateLimit && { rate_limit: { requests_per_second: rateLimit.perSecond, burst: rateLimit.burst } }),
    created_at: iso(key.createdAt),
    expire_at: iso(key.expireAt),
    rotated_at: iso(key.rotatedAt),
    old_secret_until: previous && previous.until > now ? iso(previous.until) : undefined,
    revoked_at: iso(key.revokedAt),
    last_used_at: iso(key.lastUsedAt),
    links: { self: selfOf(key.id) },
  };
}

function stateOf({ revokedAt, expireAt }: ApiKey, now: Date): 'active' | 'revoked' | 'expired' {
  if (revokedAt) return 'revoked';
  return expireAt && expireAt <= now ? 'expired' : 'active';
}

/** API keys: made, listed, rotated, revoked. The whole key is in the answer that makes it, and nowhere else. */
export function keyRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { apiKeys, guard, clock, limits } = deps;
  const view = (key: ApiKey) => keyView(key, clock.now());
  const issued = (ctx: RequestContext, { key, text }: IssuedKey) => {
    ctx.state.made = key.id;
    ctx.body = { ...view(key), key: text };
  };
  routes.post('/admin/v1/keys', { scope: 'admin', action: 'key.create' }, async (ctx) => {
    const { expires_in_days: days, rate_limit: limit, ...wish } = checkBody(await readJson(ctx, limits), keyRequest);
    const more = {
      ...(days !== undefined && { expireAt: new Date(clock.now().getTime() + days * DAY_MS) }),
      ...(limit && { rateLimit: { perSecond: limit.requests_per_second, burst: limit.burst } }),
    };
    const made = await guard.run(() => apiKeys.issue({ ...wish, ...more }));
    ctx.status = 201;
    ctx.set('Location', selfOf(made.key.id));
    issued(ctx, made);
  });
  routes.get('/admin/v1/keys', 'admin', async (ctx) => {
    const { tenant, limit, page_token } = readQuery(ctx, listQuery);
    const { keys, next } = await guard.run(() => apiKeys.list(tenant === undefined ? {} : { tenant }, limit, page_token));
    ctx.body = { keys: keys.map(view), ...(next !== undefined && { next_page_token: next }) };
  });
  routes.get('/admin/v1/keys/:key_id', 'admin', async (ctx) => {
    ctx.body = view(await guard.run(() => apiKeys.read(ctx.params['key_id'] ?? '')));
  });
  routes.post('/admin/v1/keys/:key_id/rotate', { scope: 'admin', action: 'key.rotate' }, async (ctx) => {
    const { overlap_seconds } = checkBody(await readOptionalJson(ctx, limits), rotateRequest);
    issued(ctx, await guard.run(() => apiKeys.rotate(ctx.params['key_id'] ?? '', overlap_seconds * 1_000)));
  });
  routes.post('/admin/v1/keys/:key_id/revoke', { scope: 'admin', action: 'key.revoke' }, async (ctx) => {
    ctx.body = view(await guard.run(() => apiKeys.revoke(ctx.params['key_id'] ?? '')));
  });
}
