import { z } from 'zod';
import { type BatchRun, ITEM_OUTCOMES, OPEN_RUNS } from '../../../shared/domain/batches/batch-run.ts';
import { wholeParameter } from '../../../shared/schema/whole-parameter.ts';
import { itemView, runView } from '../batch-view.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const listQuery = z.strictObject({
  of: z.string().min(1).max(100).optional(),
  limit: wholeParameter(1, 100).default(20),
});
const itemsQuery = z.strictObject({
  outcome: z.enum(ITEM_OUTCOMES).optional(),
  limit: wholeParameter(1, 1_000).default(100),
  page_token: wholeParameter(0, 999_999_999).optional(),
});

async function found({ batches }: GatewayDeps, id: string): Promise<BatchRun> {
  const run = await batches.runs.read(id);
  if (run) return run;
  throw new Problem('batch_run_not_found', { detail: `There is no run ${JSON.stringify(id.slice(0, 64))}.` });
}

function show(ctx: RequestContext, run: BatchRun): void {
  if (OPEN_RUNS.includes(run.state)) ctx.set('Retry-After', '1');
  ctx.body = runView(run);
}

/** Runs of batch rules, and of what ships: followed, looked at job by job, aborted. */
export function batchRunRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, batches } = deps;
  const one = '/admin/v1/batch-runs/:run_id';
  routes.get('/admin/v1/batch-runs', 'admin', async (ctx) => {
    const { of, limit } = readQuery(ctx, listQuery);
    ctx.body = { runs: (await guard.run(() => batches.runs.list(of, limit))).map(runView) };
  });
  routes.get(one, 'admin', async (ctx) => show(ctx, await guard.run(() => found(deps, ctx.params['run_id'] ?? ''))));
  routes.get(`${one}/items`, 'admin', async (ctx) => {
    const { outcome, limit, page_token: after } = readQuery(ctx, itemsQuery);
    const { id } = await guard.run(() => found(deps, ctx.params['run_id'] ?? ''));
    const items = await guard.run(() => batches.runs.items(id, outcome, limit, after));
    const next = items.length === limit ? String(items.at(-1)!.seq) : undefined;
    ctx.body = { run_id: id, items: items.map(itemView), ...(next !== undefined && { next_page_token: next }) };
  });
  routes.post(`${one}/abort`, { scope: 'admin', action: 'batch_run.abort' }, async (ctx) => {
    const run = await guard.run(async () => {
      const { id, state } = await found(deps, ctx.params['run_id'] ?? '');
      if (await batches.runs.abort(id)) return found(deps, id);
      throw new Problem('batch_run_ended', { detail: `The run is ${state}.`, fields: { state } });
    });
    ctx.status = 202;
    show(ctx, run);
  });
}
