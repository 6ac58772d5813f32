import { z } from 'zod';
import { TICK_STATES } from '../../../shared/domain/schedule/schedule.ts';
import { readSchedule } from '../../../shared/jobs/schedules/change-schedule.ts';
import { backfill, runNow } from '../../../shared/jobs/schedules/extra-runs.ts';
import { fingerprint } from '../../../shared/schema/fingerprint.ts';
import { backfillRequest } from '../../../shared/schema/schedule-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { readJson } from '../json-body.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { checkBody, linkNext, PAGE_PARAMETERS, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';
import { scheduleSelf, tickView } from '../schedule-view.ts';

const ticksQuery = z.strictObject({ ...PAGE_PARAMETERS, state: z.enum(TICK_STATES).optional() });

type Context = RequestContext & { params: Record<string, string> };

async function run({ schedules, guard, clock }: GatewayDeps, ctx: Context): Promise<void> {
  const key = idempotencyKey(ctx.req);
  const token = key === undefined ? clock.uuid() : fingerprint({ key }).slice(0, 32);
  const tick = await guard.run(async () =>
    runNow(schedules, await readSchedule(schedules, ctx.state.tenant, ctx.params['schedule_id'] ?? ''), token),
  );
  ctx.status = 202;
  if (tick.jobId !== undefined) {
    ctx.state.made = tick.jobId;
    ctx.set('Location', `/v1/jobs/${tick.jobId}`);
  }
  ctx.body = tickView(tick);
}

async function fill({ schedules, guard, limits }: GatewayDeps, ctx: Context): Promise<void> {
  const record = await guard.run(() => readSchedule(schedules, ctx.state.tenant, ctx.params['schedule_id'] ?? ''));
  const { from, until } = checkBody(await readJson(ctx, limits), backfillRequest);
  const { runs, alreadyRun, isMore } = await guard.run(() => backfill(schedules, record, new Date(from), new Date(until)));
  ctx.status = 202;
  ctx.body = {
    runs: runs.length,
    already_run: alreadyRun,
    first_at: runs[0]?.toISOString(),
    last_at: runs.at(-1)?.toISOString(),
    is_more: isMore,
    links: { ticks: `${scheduleSelf(record.id)}/ticks` },
  };
}

async function ledger({ schedules, guard }: GatewayDeps, ctx: Context): Promise<void> {
  const { limit, page_token, state } = readQuery(ctx, ticksQuery);
  const { id: scheduleId } = await guard.run(() => readSchedule(schedules, ctx.state.tenant, ctx.params['schedule_id'] ?? ''));
  const filter = { scheduleId, ...(state && { state }) };
  const { ticks, next } = await guard.run(() => schedules.schedules.listTicks(filter, limit, page_token));
  linkNext(ctx, `${scheduleSelf(scheduleId)}/ticks`, next);
  ctx.body = { ticks: ticks.map(tickView), ...(next !== undefined && { next_page_token: next }) };
}

/** Runs of a schedule beside its own, and the ledger of all. */
export function scheduleRunRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const one = '/v1/schedules/:schedule_id';
  routes.post(`${one}/run`, { scope: 'submit', action: 'schedule.run' }, acceptsJson, (ctx) => run(deps, ctx));
  routes.post(`${one}/backfill`, { scope: 'submit', action: 'schedule.backfill' }, acceptsJson, (ctx) => fill(deps, ctx));
  routes.get(`${one}/ticks`, 'read', acceptsJson, (ctx) => ledger(deps, ctx));
}
