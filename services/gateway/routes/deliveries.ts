import type { Delivery } from '../../../shared/domain/callback.ts';
import { getJob } from '../../../shared/jobs/get-job.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RouteTable } from '../route-table.ts';

function deliveryView({ id, event, url, state, attempts, log, createdAt, dueAt, endedAt }: Delivery) {
  const reason = state === 'dead' ? log.at(-1)?.reason : undefined;
  return {
    delivery_id: id,
    event,
    url,
    state,
    attempts,
    ...(reason !== undefined && { reason }),
    created_at: createdAt.toISOString(),
    ...(state === 'pending' && dueAt && { next_attempt_at: dueAt.toISOString() }),
    ...(endedAt && { ended_at: endedAt.toISOString() }),
    log: log.map(({ at, tookMs, ...rest }) => ({ at: at.toISOString(), took_ms: tookMs, ...rest })),
  };
}

/** What became of a job's callbacks, and what they are signed with. */
export function deliveryRoutes(routes: RouteTable, { store, deliveries, callbackSigner, guard }: GatewayDeps): void {
  routes.get('/v1/jobs/:job_id/deliveries', 'read', acceptsJson, async (ctx) => {
    const { tenant } = ctx.state;
    const found = await guard.run(async () => {
      const { id } = await getJob(store, tenant, ctx.params['job_id'] ?? '');
      return deliveries.ofJob(tenant, id);
    });
    ctx.body = { deliveries: found.map(deliveryView) };
  });
  // Who may submit names the receiver, and the receiver checks with it.
  routes.get('/v1/callback-secrets', 'submit', acceptsJson, async (ctx) => {
    ctx.body = { secrets: await guard.run(() => callbackSigner.secretsOf(ctx.state.tenant)) };
  });
}
