import { isOver, type Pause } from '../../../shared/domain/control/pause.ts';
import type { PauseRequest } from '../../../shared/schema/control-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { invalidRequest } from '../query.ts';

type DeskDeps = Pick<GatewayDeps, 'controls' | 'pipelines' | 'clock' | 'store'>;

/** Who asks, as controls name them. */
export function operatorOf(ctx: RequestContext): string {
  return ctx.state.principal?.keyName ?? 'operator';
}

/** Checks that what is selected is there. @throws Problem invalid_request. */
export function checkNames({ pipelines }: Pick<GatewayDeps, 'pipelines'>, { stage, type }: Pick<PauseRequest, 'stage' | 'type'>): void {
  const wrong = [
    ...(stage !== undefined && !pipelines.stageNames().includes(stage)
      ? [{ pointer: '/stage', detail: `is no stage; there are ${pipelines.stageNames().join(', ')}` }]
      : []),
    ...(type !== undefined && !pipelines.has(type)
      ? [{ pointer: '/type', detail: `is no job type; there are ${pipelines.names().join(', ')}` }]
      : []),
  ];
  if (wrong.length > 0) throw invalidRequest(wrong);
}

/** When it begins and ends. @throws Problem invalid_request where it would have ended before it begins. */
function termOf({ from, until, for_seconds: seconds }: PauseRequest, now: Date): { readonly from?: Date; readonly until?: Date } {
  const beginsAt = from === undefined ? now : new Date(Math.max(Date.parse(from), now.getTime()));
  const endsAt = seconds === undefined ? until && new Date(until) : new Date(beginsAt.getTime() + seconds * 1_000);
  if (endsAt && endsAt <= beginsAt) {
    throw invalidRequest([{ pointer: '/until', detail: `must be later than ${beginsAt.toISOString()}, when it begins` }]);
  }
  return { ...(from !== undefined && { from: beginsAt }), ...(endsAt && { until: endsAt }) };
}

/** Pauses what the request names. @throws Problem invalid_request. */
export async function makePause(deps: DeskDeps, request: PauseRequest, by: string): Promise<Pause> {
  checkNames(deps, request);
  const { stage, type, tenant, reason } = request;
  const selector = { ...(stage !== undefined && { stage }), ...(type !== undefined && { type }), ...(tenant !== undefined && { tenant }) };
  const term = termOf(request, await deps.store.serverTime());
  return deps.controls.pause({ selector, reason, by, ...term, token: deps.clock.uuid() });
}

function pauseNotFound(id: string): Problem {
  return new Problem('pause_not_found', { detail: `There is no pause ${JSON.stringify(id.slice(0, 200))} that has not ended.` });
}

/** Ends a pause by hand. @throws Problem pause_not_found. */
export async function endPause({ controls }: DeskDeps, id: string): Promise<void> {
  if (!(await controls.endPause(id))) throw pauseNotFound(id);
}

/** A pause that has not ended, of a window too, as the control plane shows it. @throws Problem pause_not_found. */
export async function showPause({ controls }: DeskDeps, id: string) {
  const { now, pauses } = await controls.read();
  const pause = pauses.find((one) => one.id === id && !isOver(one, now));
  if (!pause) throw pauseNotFound(id);
  return pauseView(pause, now);
}

/** A pause as the control plane shows it. @param now the store's clock. */
export function pauseView(pause: Pause, now: Date) {
  const { id, selector, reason, by, createdAt, from, until } = pause;
  return {
    pause_id: id,
    ...selector,
    state: isOver(pause, now) ? 'over' : from && from > now ? 'planned' : 'active',
    reason,
    by,
    created_at: createdAt.toISOString(),
    from: from?.toISOString(),
    until: until?.toISOString(),
    links: { self: `/admin/v1/pauses/${encodeURIComponent(id)}` },
  };
}
