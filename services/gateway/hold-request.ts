import type { GatewayDeps } from './gateway-deps.ts';
import type { RequestContext } from './middleware/request-context.ts';
import { applied, preferencesOf } from './prefer.ts';

/**
 * Holds the request until the job has ended, for as long as its client prefers; not at all for a client that does not ask for it.
 * @param canBeAsync the answer may come before the job has ended, so that `respond-async` can be honoured.
 * @returns whether it was held.
 */
export async function holdUntilEnded(deps: GatewayDeps, ctx: RequestContext, id: string, canBeAsync: boolean): Promise<boolean> {
  const { waitS, isAsync } = preferencesOf(ctx);
  const gone = new AbortController();
  const onClose = () => gone.abort();
  ctx.res.once('close', onClose);
  const { client = '', leaveFlight } = ctx.state;
  const wish = { id, client, signal: gone.signal, ...(leaveFlight && { onHeld: leaveFlight }) };
  const isHeld = waitS !== undefined && (await deps.waiters.wait({ ...wish, ms: waitS * 1_000 }));
  ctx.res.off('close', onClose);
  applied(ctx, [...(isAsync && canBeAsync ? ['respond-async'] : []), ...(isHeld ? [`wait=${waitS}`] : [])]);
  return isHeld;
}
