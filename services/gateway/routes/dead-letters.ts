import { z } from 'zod';
import { JoblineError } from '../../../shared/domain/failures.ts';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { replayRequest } from '../../../shared/schema/job-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { stageName } from '../job-view.ts';
import { readJson } from '../json-body.ts';
import { checkBody, invalidRequest, PAGE_PARAMETERS, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const listQuery = z.strictObject({
  stage: z.string().min(1).max(100),
  ...PAGE_PARAMETERS,
});

/** Replays under way at once. */
const PARALLEL = 20;
/** Jobs looked at for `all`, where the stage's name stands at different positions of different types. */
const PAGE = 200;

/** Positions at which a stage of this name stands in any pipeline. */
function positionsOf({ pipelines }: GatewayDeps, name: string): readonly number[] {
  const positions = pipelines
    .names()
    .flatMap((type) => pipelines.typeOf(type).stages.flatMap((stage, index) => (stage.name === name ? [index] : [])));
  if (positions.length === 0) {
    throw invalidRequest([{ pointer: '/stage', detail: `is ${JSON.stringify(name)}; known stages: ${pipelines.stageNames().join(', ')}` }]);
  }
  return [...new Set(positions)];
}

/** One page of FAILED jobs at a stage, newest first. A page may be shorter than `limit` where positions differ. */
async function pageOf(deps: GatewayDeps, stage: string, limit: number, after?: string) {
  const positions = positionsOf(deps, stage);
  const [only] = positions;
  const filter = { state: 'FAILED' as const, ...(positions.length === 1 && only !== undefined && { stage: only }) };
  const { jobs, next } = await deps.store.list(filter, limit, after);
  return { jobs: jobs.filter((job) => stageName(deps.pipelines, job, job.stage) === stage), next };
}

function deadLetterView(deps: GatewayDeps, job: JobRecord): Readonly<Record<string, unknown>> {
  return {
    job_id: job.id,
    tenant: job.tenant,
    type: job.type,
    lane: job.lane,
    stage: stageName(deps.pipelines, job, job.stage),
    run: job.run,
    gen: job.gen,
    attempts: job.attempt,
    crashes: job.crashes,
    failed_at: job.doneAt?.toISOString(),
    error: job.err,
    log: job.log,
    links: { self: `/admin/v1/jobs/${job.id}` },
  };
}

async function newestIds(deps: GatewayDeps, stage: string, limit: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ids.length < limit; ) {
    const { jobs, next } = await pageOf(deps, stage, PAGE, after);
    ids.push(...jobs.map((job) => job.id));
    if (next === undefined) break;
    after = next;
  }
  return ids.slice(0, limit);
}

/** Replays one dead letter of the stage. What stands against it is the item's result, not the request's failure. */
async function replayOne({ store, pipelines, replayer }: GatewayDeps, stage: string, id: string, fromBeginning: boolean) {
  const [job] = await store.read([id], 'local');
  if (!job) return { job_id: id, outcome: 'not_found' };
  const at = stageName(pipelines, job, job.stage);
  if (job.state !== 'FAILED' || at !== stage) return { job_id: id, outcome: 'conflict', detail: `The job is ${job.state} at stage ${at}.` };
  try {
    const { gen, run } = await replayer.replay(undefined, id, { fromBeginning, message: 'replayed by an operator' });
    return { job_id: id, outcome: 'replayed', gen, run };
  } catch (error) {
    if (!(error instanceof JoblineError)) throw error;
    return { job_id: id, outcome: error.code === 'job_conflict' ? 'conflict' : error.code, detail: error.message };
  }
}

async function replayAll(deps: GatewayDeps, stage: string, ids: readonly string[], fromBeginning: boolean) {
  const results: object[] = [];
  for (let start = 0; start < ids.length; start += PARALLEL) {
    results.push(
      ...(await Promise.all(
        ids.slice(start, start + PARALLEL).map((id) => deps.guard.run(() => replayOne(deps, stage, id, fromBeginning))),
      )),
    );
  }
  return results;
}

/** Dead letters of a stage: listed, and replayed one by one or the newest `limit`. */
export function deadLetterRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.get('/admin/v1/dead-letters', 'admin', async (ctx) => {
    const { stage, limit, page_token } = readQuery(ctx, listQuery);
    const { jobs, next } = await deps.guard.run(() => pageOf(deps, stage, limit, page_token));
    ctx.body = { stage, dead_letters: jobs.map((job) => deadLetterView(deps, job)), ...(next !== undefined && { next_page_token: next }) };
  });
  routes.post('/admin/v1/dead-letters/replay', { scope: 'admin', action: 'dead_letters.replay' }, async (ctx) => {
    const request = checkBody(await readJson(ctx, deps.limits), replayRequest);
    positionsOf(deps, request.stage);
    const ids = request.job_ids ?? (await deps.guard.run(() => newestIds(deps, request.stage, request.limit)));
    const results = await replayAll(deps, request.stage, [...new Set(ids)], request.from === 'beginning');
    ctx.status = 202;
    ctx.body = { stage: request.stage, results };
  });
}
