import { isOver, type Pause, pauseIdOf } from '../../../shared/domain/control/pause.ts';
import { pauseRequest, stagePauseRequest } from '../../../shared/schema/control-request.ts';
import { endPause, makePause, operatorOf, pauseView, showPause } from '../control/pause-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

/** Pauses: of a stage, a type, a tenant, or what fits several of these; made, listed, ended. */
export function pauseRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, limits, controls, pipelines } = deps;
  const stageOf = (ctx: RequestContext & { readonly params: Readonly<Record<string, string>> }): string => {
    const stage = ctx.params['stage'] ?? '';
    if (pipelines.stageNames().includes(stage)) return stage;
    throw new Problem('stage_not_found', { detail: `There are the stages ${pipelines.stageNames().join(', ')}.` });
  };
  const show = (ctx: RequestContext, pause: Pause): void => {
    ctx.state.made = pause.id;
    ctx.status = 201;
    const view = pauseView(pause, pause.createdAt);
    ctx.set('Location', view.links.self);
    ctx.body = view;
  };
  const pause = async (ctx: RequestContext, request: Parameters<typeof makePause>[1]): Promise<void> => {
    show(ctx, await guard.run(() => makePause(deps, request, operatorOf(ctx))));
  };
  const resume = async (ctx: RequestContext, id: string): Promise<void> => {
    ctx.state.made = id;
    await guard.run(() => endPause(deps, id));
    ctx.status = 204;
  };
  routes.post('/admin/v1/stages/:stage/pause', { scope: 'admin', action: 'stage.pause' }, async (ctx) => {
    const stage = stageOf(ctx);
    await pause(ctx, { stage, ...checkBody(await readJson(ctx, limits), stagePauseRequest) });
  });
  routes.post('/admin/v1/stages/:stage/resume', { scope: 'admin', action: 'stage.resume' }, async (ctx) => {
    await resume(ctx, pauseIdOf({ stage: stageOf(ctx) }));
  });
  routes.post('/admin/v1/pauses', { scope: 'admin', action: 'pause.create' }, async (ctx) => {
    await pause(ctx, checkBody(await readJson(ctx, limits), pauseRequest));
  });
  routes.get('/admin/v1/pauses', 'admin', async (ctx) => {
    const { now, pauses } = await guard.run(() => controls.read());
    ctx.body = { pauses: pauses.filter((one) => !isOver(one, now)).map((one) => pauseView(one, now)) };
  });
  routes.get('/admin/v1/pauses/:pause_id', 'admin', async (ctx) => {
    ctx.body = await guard.run(() => showPause(deps, ctx.params['pause_id'] ?? ''));
  });
  routes.delete('/admin/v1/pauses/:pause_id', { scope: 'admin', action: 'pause.end' }, (ctx) => resume(ctx, ctx.params['pause_id'] ?? ''));
}
