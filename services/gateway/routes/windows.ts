import { z } from 'zod';
import { wholeParameter } from '../../../shared/schema/whole-parameter.ts';
import { skipRequest, windowRequest } from '../../../shared/schema/window-request.ts';
import { operatorOf } from '../control/pause-desk.ts';
import { putWindow, removeWindow, skipOccurrence, windowIn } from '../control/window-desk.ts';
import { forecastView, upcomingView, windowView } from '../control/window-view.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson, readOptionalJson } from '../json-body.ts';
import { Problem } from '../problems.ts';
import { checkBody, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const upcomingQuery = z.strictObject({ count: wholeParameter(1, 200).default(50) });
const ONE = '/admin/v1/windows/:window_name';

/** Windows by calendar: made, changed, listed, called off, removed; and what waits for an off-peak one. */
export function windowRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, limits, controls, offPeakJobs, eta } = deps;
  routes.get('/admin/v1/windows', 'admin', async (ctx) => {
    const { now, windows } = await guard.run(() => controls.read());
    ctx.body = { windows: windows.map((one) => windowView(one, now)) };
  });
  routes.get('/admin/v1/upcoming-windows', 'admin', async (ctx) => {
    const { count } = readQuery(ctx, upcomingQuery);
    const { now, windows } = await guard.run(() => controls.read());
    ctx.body = { occurrences: upcomingView(windows, now, count) };
  });
  routes.get(ONE, 'admin', async (ctx) => {
    const set = await guard.run(() => controls.read());
    ctx.body = windowView(windowIn(set, ctx.params['window_name'] ?? ''), set.now);
  });
  routes.put(ONE, { scope: 'admin', action: 'window.put' }, async (ctx) => {
    const name = ctx.params['window_name'] ?? '';
    const request = checkBody(await readJson(ctx, limits), windowRequest);
    const window = await guard.run(() => putWindow(deps, name, request, operatorOf(ctx)));
    ctx.state.made = window.name;
    ctx.status = window.revision === 1 ? 201 : 200;
    ctx.body = windowView(window, window.updatedAt);
  });
  routes.delete(ONE, { scope: 'admin', action: 'window.remove' }, async (ctx) => {
    const name = ctx.params['window_name'] ?? '';
    ctx.state.made = name;
    await guard.run(() => removeWindow(deps, name));
    ctx.status = 204;
  });
  routes.post(`${ONE}/skip`, { scope: 'admin', action: 'window.skip' }, async (ctx) => {
    const name = ctx.params['window_name'] ?? '';
    ctx.state.made = name;
    const { from } = checkBody(await readOptionalJson(ctx, limits), skipRequest);
    await guard.run(() => skipOccurrence(deps, name, from === undefined ? undefined : new Date(from)));
    ctx.status = 204;
  });
  routes.get(`${ONE}/forecast`, 'admin', async (ctx) => {
    const { now, window, counts } = await guard.run(async () => {
      const set = await controls.read();
      const window = windowIn(set, ctx.params['window_name'] ?? '');
      if (window.effect !== 'off_peak') throw new Problem('window_not_found', { detail: `The window ${window.name} is not off-peak.` });
      return { now: set.now, window, counts: await offPeakJobs.counts() };
    });
    const types = [...new Set(counts.map(({ type }) => type))];
    const p90Of = new Map(await Promise.all(types.map(async (type) => [type, await eta.p90Of(type)] as const)));
    ctx.body = forecastView(window, counts, p90Of, now);
  });
}
