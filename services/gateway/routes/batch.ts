import { uncheckedBatch } from '../../../shared/schema/job-request.ts';
import { resultText } from '../batch/batch-answers.ts';
import { BatchSubmissions, commonRefusal } from '../batch/batch-submissions.ts';
import { submitList } from '../batch/json-batch.ts';
import { NdjsonBatch } from '../batch/ndjson-batch.ts';
import { Turns } from '../batch/turns.ts';
import { mayContinue } from '../body-rest.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import { checkEncoding, isJson, JSON_TYPE, mediaTypeOf, NDJSON_TYPE, otherMediaType } from '../media-type.ts';
import { checkAccepts } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const RETRY_AFTER_S = '10';
/** Flushes of all batches that the store works on at once; single submissions have their own. */
const FLUSHES_AT_ONCE = 4;

function checkNoKey(ctx: RequestContext): void {
  if (ctx.req.headers['idempotency-key'] === undefined) return;
  const detail = 'A batch takes no Idempotency-Key header: give each job its own key in the field idempotency_key.';
  throw new Problem('invalid_idempotency_key', { detail });
}

async function answerJson(ctx: RequestContext, deps: GatewayDeps, submissions: BatchSubmissions): Promise<void> {
  checkAccepts(ctx, JSON_TYPE);
  const { jobs } = checkBody(await readJson(ctx, deps.limits), uncheckedBatch);
  const outcomes = await submitList(jobs, submissions);
  const refusal = commonRefusal(outcomes);
  if (refusal) throw refusal;
  const accepted = outcomes.filter((outcome) => 'jobId' in outcome).length;
  const results = outcomes.map((outcome) => resultText(outcome, ctx.state.traceId)).join(',');
  ctx.state.jobs = accepted;
  ctx.status = 200;
  ctx.type = JSON_TYPE;
  ctx.body = `{"accepted":${accepted},"refused":${outcomes.length - accepted},"results":[${results}]}`;
}

async function answerNdjson(ctx: RequestContext, deps: GatewayDeps, submissions: BatchSubmissions): Promise<void> {
  checkAccepts(ctx, NDJSON_TYPE);
  checkEncoding(ctx);
  mayContinue(ctx);
  await new NdjsonBatch(ctx, submissions, deps.limits).run();
}

/** POST /v1/jobs:batch, as JSON and as NDJSON. */
export function batchRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const turns = new Turns(FLUSHES_AT_ONCE);
  const { batches } = deps.bounds;
  routes.post('/v1/jobs\\:batch', { scope: 'submit', action: 'job.submit_batch' }, async (ctx) => {
    checkNoKey(ctx);
    const type = mediaTypeOf(ctx);
    if (type !== NDJSON_TYPE && !isJson(type)) throw otherMediaType(type, [JSON_TYPE, NDJSON_TYPE]);
    const leave = batches.enter();
    if (!leave) {
      const detail = `${batches.open} batches are being received already, which is the limit.`;
      throw new Problem('overloaded', { detail, headers: { 'Retry-After': RETRY_AFTER_S }, bound: 'batches' });
    }
    try {
      await (type === NDJSON_TYPE ? answerNdjson : answerJson)(ctx, deps, new BatchSubmissions(deps, turns, ctx));
    } finally {
      leave();
    }
  });
}
