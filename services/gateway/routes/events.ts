import { z } from 'zod';
import { type JobPosition, parsePosition } from '../../../shared/domain/job-position.ts';
import { getJob } from '../../../shared/jobs/get-job.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { EventStream } from '../live/event-stream.ts';
import { eventsAfter, type LiveJob, liveJob } from '../live/job-event.ts';
import { watchKey } from '../live/key-watch.ts';
import { ownerOf } from '../live/live-owner.ts';
import { EVENTS_TYPE } from '../media-type.ts';
import { checkAccepts } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const eventsQuery = z.strictObject({ last_event_id: z.string().max(100).optional() });

/** An id that is not one of ours, of an earlier release perhaps, is none: the client is told where the job is now. */
function seenBy(ctx: RequestContext): JobPosition | undefined {
  const { last_event_id = '' } = readQuery(ctx, eventsQuery);
  return parsePosition(ctx.get('Last-Event-ID') || last_event_id);
}

/** The client has had the last event: 204 stops a browser's EventSource from asking again. */
function hasHadAll(deps: GatewayDeps, seen: JobPosition | undefined, job: LiveJob): boolean {
  return !job.record.active && seen !== undefined && eventsAfter(deps, seen, job, deps.clock.now()).length === 0;
}

async function sendEvents(deps: GatewayDeps, ctx: RequestContext, id: string): Promise<void> {
  checkAccepts(ctx, EVENTS_TYPE);
  const seen = seenBy(ctx);
  const owner = ownerOf(ctx);
  deps.live.clients.checkRoom(owner);
  const job = await deps.guard.run(async () => liveJob(deps, await getJob(deps.store, ctx.state.tenant, id, 'majority')));
  if (hasHadAll(deps, seen, job)) {
    ctx.status = 204;
    return;
  }
  const stream = new EventStream(deps, ctx.res, seen);
  ctx.status = 200;
  ctx.set({ 'Content-Type': EVENTS_TYPE, 'X-Accel-Buffering': 'no' });
  if (ctx.method === 'HEAD') return;
  stream.begin(job, owner);
  ctx.state.leaveFlight?.();
  ctx.res.once(
    'close',
    watchKey(deps.access, ctx.req, () => stream.refuse()),
  );
  ctx.respond = false;
}

/** GET /v1/jobs/{job_id}/events and the plain path: what becomes of a job, as server-sent events. */
export function eventRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.get(['/v1/jobs/:job_id/events', '/jobs/:job_id/events'], 'read', (ctx) => sendEvents(deps, ctx, ctx.params['job_id'] ?? ''));
}
