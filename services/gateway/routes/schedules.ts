import { z } from 'zod';
import { IdempotencyMismatchError } from '../../../shared/domain/failures.ts';
import { previewOf } from '../../../shared/domain/schedule/preview.ts';
import type { ScheduleRecord, ScheduleSpec } from '../../../shared/domain/schedule/schedule.ts';
import { uuidOfDigest } from '../../../shared/domain/schedule/tick-id.ts';
import { boundedTicks } from '../../../shared/domain/schedule/tick-source.ts';
import {
  changeSchedule,
  newSchedule,
  paused,
  readSchedule,
  removeSchedule,
  resumed,
  withSpec,
} from '../../../shared/jobs/schedules/change-schedule.ts';
import { fingerprint } from '../../../shared/schema/fingerprint.ts';
import { pauseRequest, scheduleRequest } from '../../../shared/schema/schedule-request.ts';
import { wholeParameter } from '../../../shared/schema/whole-parameter.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { entityTag } from '../job-view.ts';
import { readJson, readOptionalJson } from '../json-body.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { checkTag } from '../preconditions.ts';
import { Problem } from '../problems.ts';
import { checkBody, invalidRequest, linkNext, PAGE_PARAMETERS, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';
import { scheduleSpecOf } from '../schedule-spec.ts';
import { previewView, scheduleSelf, scheduleView } from '../schedule-view.ts';
import { sendTagged } from './jobs.ts';

/** Schedules of one tenant. */
const MOST_SCHEDULES = 1_000;

const listQuery = z.strictObject({ ...PAGE_PARAMETERS });
const previewQuery = z.strictObject({
  count: wholeParameter(1, 200).default(50),
  after: z.iso.datetime({ offset: true, error: 'must be an RFC 3339 date-time with a zone' }).optional(),
});

type Context = RequestContext & { params: Record<string, string> };
const idOf = (ctx: Context): string => ctx.params['schedule_id'] ?? '';

/** Refuses a change where If-Match names another ETag than the schedule has; where it `isRequired` and left out, too. */
function matching(deps: GatewayDeps, ctx: Context, isRequired = false): (record: ScheduleRecord) => void {
  const header = ctx.get('If-Match').trim();
  if (header === '' && isRequired) {
    throw new Problem('precondition_required', { detail: `Send If-Match with the ETag of GET ${scheduleSelf(idOf(ctx))}.` });
  }
  return (record) => {
    if (header === '' || header === '*') return;
    checkTag(header, entityTag(JSON.stringify(scheduleView(deps.schedules.calendar, record, deps.clock.now()))), 'schedule');
  };
}

async function create(deps: GatewayDeps, ctx: Context): Promise<void> {
  const { schedules, guard, limits, clock } = deps;
  const body = await readJson(ctx, limits);
  const request = checkBody(body, scheduleRequest);
  const { tenant } = ctx.state;
  const key = idempotencyKey(ctx.req);
  const id = key === undefined ? clock.uuid() : uuidOfDigest(fingerprint({ tenant, key, of: 'schedule' }));
  const requestHash = fingerprint(body);
  const record = await guard.run(async () => {
    const known = key === undefined ? undefined : await schedules.schedules.read(tenant, id);
    if (known) return known;
    if ((await schedules.schedules.count(tenant)) >= MOST_SCHEDULES) throw new Problem('too_many_schedules');
    const now = await schedules.store.serverTime();
    const spec = await scheduleSpecOf(schedules, request, { id, tenant, now, anchorAt: now });
    const made = newSchedule(schedules, { id, tenant, spec, requestHash }, now);
    if (!made.nextAt) throw invalidRequest([{ pointer: '/end_at', detail: 'comes before the first tick' }]);
    if (await schedules.schedules.create(made)) {
      ctx.status = 201;
      return made;
    }
    return readSchedule(schedules, tenant, id);
  });
  if (record.requestHash !== requestHash) throw new IdempotencyMismatchError('This idempotency key was used before with another request.');
  if (ctx.status !== 201) ctx.set('Idempotent-Replayed', 'true');
  ctx.state.made = id;
  ctx.set('Location', scheduleSelf(id));
  answer(deps, ctx, record, ctx.status === 201 ? 201 : 200);
}

function answer({ schedules, clock }: GatewayDeps, ctx: Context, record: ScheduleRecord, status = 200): void {
  const body = JSON.stringify(scheduleView(schedules.calendar, record, clock.now()));
  ctx.status = status;
  ctx.set('ETag', entityTag(body));
  ctx.type = 'application/json';
  ctx.body = body;
}

async function replace(deps: GatewayDeps, ctx: Context): Promise<void> {
  const { schedules, guard, limits } = deps;
  const { tenant } = ctx.state;
  const found = await guard.run(() => readSchedule(schedules, tenant, idOf(ctx)));
  const check = matching(deps, ctx, true);
  const request = checkBody(await readJson(ctx, limits), scheduleRequest);
  const { timing } = found.spec;
  const record = await guard.run(async () => {
    const now = await schedules.store.serverTime();
    const isSameInterval = timing.kind === 'interval' && timing.everySeconds === request.interval_seconds;
    const spec = await scheduleSpecOf(schedules, request, { id: found.id, tenant, now, anchorAt: isSameInterval ? timing.anchorAt : now });
    return changeSchedule(schedules, tenant, found.id, { check, change: (record) => withSpec(schedules, record, spec) });
  });
  answer(deps, ctx, record);
}

async function pause(deps: GatewayDeps, ctx: Context): Promise<void> {
  const { schedules, guard, limits, clock } = deps;
  const { tenant } = ctx.state;
  await guard.run(() => readSchedule(schedules, tenant, idOf(ctx)));
  const { until } = checkBody(await readOptionalJson(ctx, limits), pauseRequest);
  const end = until === undefined ? undefined : new Date(until);
  if (end && end <= clock.now()) throw invalidRequest([{ pointer: '/until', detail: 'must be in the future' }]);
  const check = matching(deps, ctx);
  const change = (record: ScheduleRecord, now: Date) => paused(record, now, end);
  answer(deps, ctx, await guard.run(() => changeSchedule(schedules, tenant, idOf(ctx), { check, change })));
}

async function resume(deps: GatewayDeps, ctx: Context): Promise<void> {
  const check = matching(deps, ctx);
  const changed = () => changeSchedule(deps.schedules, ctx.state.tenant, idOf(ctx), { check, change: resumed });
  answer(deps, ctx, await deps.guard.run(changed));
}

async function list(deps: GatewayDeps, ctx: Context): Promise<void> {
  const { limit, page_token } = readQuery(ctx, listQuery);
  const { schedules: found, next } = await deps.guard.run(() => deps.schedules.schedules.list(ctx.state.tenant, limit, page_token));
  linkNext(ctx, '/v1/schedules', next);
  const now = deps.clock.now();
  const schedules = found.map((record) => ({
    ...scheduleView(deps.schedules.calendar, record, now),
    next_tick_at: record.nextAt?.toISOString(),
    waiting: record.waiting.length,
  }));
  ctx.body = { schedules, ...(next !== undefined && { next_page_token: next }) };
}

async function preview(deps: GatewayDeps, ctx: Context, spec: ScheduleSpec): Promise<void> {
  const { count, after } = readQuery(ctx, previewQuery);
  const { calendar } = deps.schedules;
  const ticks = boundedTicks(calendar.ticksOf(spec.timing), spec.startAt, spec.endAt);
  const from = after === undefined ? deps.clock.now() : new Date(after);
  ctx.body = previewView(calendar.wordsOf(spec.timing), previewOf(spec.timing, ticks, from, count));
}

/** Previews a request that is not stored. */
async function previewRequest(deps: GatewayDeps, ctx: Context): Promise<void> {
  const request = checkBody(await readJson(ctx, deps.limits), scheduleRequest);
  const now = deps.clock.now();
  const facts = { id: deps.clock.uuid(), tenant: ctx.state.tenant, now, anchorAt: now };
  await preview(deps, ctx, await deps.guard.run(() => scheduleSpecOf(deps.schedules, request, facts)));
}

/** User schedules: made, said anew, paused, resumed, removed, listed and previewed. */
export function scheduleRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const one = '/v1/schedules/:schedule_id';
  const { schedules, guard, clock } = deps;
  const read = (ctx: Context) => guard.run(() => readSchedule(schedules, ctx.state.tenant, idOf(ctx)));
  const changes = (action: string) => ({ scope: 'submit', action: `schedule.${action}` }) as const;
  routes.post('/v1/schedules', changes('create'), acceptsJson, (ctx) => create(deps, ctx));
  routes.post('/v1/schedules\\:preview', { scope: 'read', action: 'schedule.preview' }, acceptsJson, (ctx) => previewRequest(deps, ctx));
  routes.get('/v1/schedules', 'read', acceptsJson, (ctx) => list(deps, ctx));
  routes.get(one, 'read', acceptsJson, async (ctx) => sendTagged(ctx, scheduleView(schedules.calendar, await read(ctx), clock.now())));
  routes.put(one, changes('replace'), acceptsJson, (ctx) => replace(deps, ctx));
  routes.delete(one, changes('delete'), async (ctx) => {
    await guard.run(() => removeSchedule(schedules, ctx.state.tenant, idOf(ctx), matching(deps, ctx)));
    ctx.status = 204;
  });
  routes.post(`${one}/pause`, changes('pause'), acceptsJson, (ctx) => pause(deps, ctx));
  routes.post(`${one}/resume`, changes('resume'), acceptsJson, (ctx) => resume(deps, ctx));
  routes.get(`${one}/preview`, 'read', acceptsJson, async (ctx) => preview(deps, ctx, (await read(ctx)).spec));
}
