import { JoblineError } from '../../../shared/domain/failures.ts';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { replayRequest } from '../../../shared/schema/job-request.ts';
import { deadLetterParts } from '../../../shared/schema/replay-request.ts';
import { deadLetterFilter } from '../dead-letter-filter.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { stageName } from '../job-view.ts';
import { readJson } from '../json-body.ts';
import { Problem } from '../problems.ts';
import { checkBody, PAGE_PARAMETERS, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';
import { stagePlaces } from '../stage-places.ts';

const listQuery = deadLetterParts.extend(PAGE_PARAMETERS);

/** Replays under way at once. */
const PARALLEL = 20;
/** Jobs looked at for `all`, where the stage's name stands at different positions of different types. */
const PAGE = 200;

/** Newest failure first at a stage; all positions at which it stands in any type. */
async function pageOf({ deadLetters, pipelines }: GatewayDeps, stage: string, limit: number, after?: string) {
  return deadLetters.page({ places: stagePlaces(pipelines, stage)! }, limit, after);
}

/** A dead letter with what its caller gave, without taking it from its queue. */
async function inspect(deps: GatewayDeps, id: string) {
  const [found] = await deps.store.inspect([id]);
  if (found?.record.state !== 'FAILED')
    throw new Problem('dead_letter_not_found', { detail: `There is no dead letter of job ${JSON.stringify(id.slice(0, 64))}.` });
  const { record } = found;
  const payload = (await deps.store.readPayloads([id])).get(id);
  const owed = record.pub?.due !== undefined;
  return {
    ...deadLetterView(deps, record),
    input: payload?.input ?? null,
    options: payload?.options ?? null,
    dead_letter_queue: {
      stage: stageName(deps.pipelines, record, record.stage),
      is_owed: owed,
      published_at: record.pub?.at?.toISOString(),
    },
  };
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

/** Dead letters: listed, looked at, and replayed one by one or the newest `limit`. */
export function deadLetterRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.get('/admin/v1/dead-letters', 'admin', async (ctx) => {
    const { limit, page_token, ...wanted } = readQuery(ctx, listQuery);
    const page = async () => deps.deadLetters.page(await deadLetterFilter(deps, wanted), limit, page_token);
    const { jobs, next } = await deps.guard.run(page);
    ctx.body = { dead_letters: jobs.map((job) => deadLetterView(deps, job)), ...(next !== undefined && { next_page_token: next }) };
  });
  routes.get('/admin/v1/dead-letters/:job_id', 'admin', async (ctx) => {
    ctx.body = await deps.guard.run(() => inspect(deps, ctx.params['job_id'] ?? ''));
  });
  routes.post('/admin/v1/dead-letters/replay', { scope: 'admin', action: 'dead_letters.replay' }, async (ctx) => {
    const request = checkBody(await readJson(ctx, deps.limits), replayRequest);
    stagePlaces(deps.pipelines, request.stage);
    const ids = request.job_ids ?? (await deps.guard.run(() => newestIds(deps, request.stage, request.limit)));
    const results = await replayAll(deps, request.stage, [...new Set(ids)], request.from === 'beginning');
    ctx.status = 202;
    ctx.body = { stage: request.stage, results };
  });
}
