import { isWorkerSilent, type SeenWorker } from '../../../shared/domain/control/worker-report.ts';
import type { WorkerDrain } from '../../../shared/ports/controls.ts';
import { drainRequest } from '../../../shared/schema/control-request.ts';
import { operatorOf } from '../control/pause-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

function stateOf(worker: SeenWorker, drain: WorkerDrain | undefined, now: Date): string {
  if (isWorkerSilent(worker, now)) return 'silent';
  if (drain || worker.draining) return worker.draining && worker.leases === 0 ? 'drained' : 'draining';
  return worker.paused ? 'paused' : 'working';
}

function workerView(worker: SeenWorker, drain: WorkerDrain | undefined, now: Date) {
  const { id, service, version, host, pid, stages, startedAt, reportedAt, leases, jobs, loopLagMs } = worker;
  return {
    worker_id: id,
    ...{ service, version, host, pid, stages },
    state: stateOf(worker, drain, now),
    started_at: startedAt.toISOString(),
    reported_at: reportedAt.toISOString(),
    leases,
    jobs: jobs.map((job) => ({ job_id: job.id, type: job.type, stage: job.stage, attempt: job.attempt })),
    bells_held: worker.bellsHeld,
    slots: worker.slots,
    slots_busy: worker.slotsBusy,
    loop_lag_ms: loopLagMs,
    memory_bytes: worker.memoryBytes,
    ...(drain && { drain: { by: drain.by, reason: drain.reason, since: drain.createdAt.toISOString() } }),
  };
}

/** Worker processes as they report themselves; one of them is drained, and takes up work again. */
export function workerRoutes(routes: RouteTable, { guard, limits, controls, workers }: GatewayDeps): void {
  const all = () => guard.run(async () => ({ ...(await controls.read()), workers: await workers.list() }));
  const show = async (ctx: RequestContext, id: string): Promise<void> => {
    const { now, drains, workers: seen } = await all();
    const worker = seen.find((one) => one.id === id);
    if (!worker) throw new Problem('worker_not_found', { detail: `No worker ${JSON.stringify(id.slice(0, 200))} has reported.` });
    ctx.body = workerView(
      worker,
      drains.find(({ workerId }) => workerId === id),
      now,
    );
  };
  routes.get('/admin/v1/workers', 'admin', async (ctx) => {
    const { now, drains, workers: seen } = await all();
    ctx.body = {
      workers: seen.map((worker) =>
        workerView(
          worker,
          drains.find(({ workerId }) => workerId === worker.id),
          now,
        ),
      ),
    };
  });
  routes.get('/admin/v1/workers/:worker_id', 'admin', (ctx) => show(ctx, ctx.params['worker_id'] ?? ''));
  routes.post('/admin/v1/workers/:worker_id/drain', { scope: 'admin', action: 'worker.drain' }, async (ctx) => {
    const id = ctx.params['worker_id'] ?? '';
    ctx.state.made = id;
    await show(ctx, id);
    const { reason } = checkBody(await readJson(ctx, limits), drainRequest);
    await guard.run(() => controls.drain({ workerId: id, reason, by: operatorOf(ctx) }));
    await show(ctx, id);
    ctx.status = 202;
  });
  routes.post('/admin/v1/workers/:worker_id/resume', { scope: 'admin', action: 'worker.resume' }, async (ctx) => {
    const id = ctx.params['worker_id'] ?? '';
    ctx.state.made = id;
    await guard.run(() => controls.endDrain(id));
    await show(ctx, id);
    ctx.status = 202;
  });
}
