import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { getJob } from '../../../shared/jobs/get-job.ts';
import type { OutputFile } from '../../../shared/ports/output-store.ts';
import { parseRange } from '../byte-range.ts';
import { attachment, isUnchanged } from '../conditional.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { outputView, userOutputs } from '../job-view.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const downloadQuery = z.strictObject({ stage: z.string().min(1).max(100).optional() });
const WEEK_S = 604_800;

/** The latest stage's file of that name, or that of the stage asked for. */
async function findOutput(
  deps: GatewayDeps,
  tenant: string,
  params: Readonly<Record<string, string>>,
  stage?: string,
): Promise<OutputFile> {
  const { job_id: id = '', name = '' } = params;
  const record = await getJob(deps.store, tenant, id);
  const outputs = await userOutputs(deps, record);
  const found = outputs.findLast((output) => output.file.name === name && (stage === undefined || output.stage === stage));
  if (found) return found.file;
  throw new Problem('output_not_found', {
    detail: `The job has no output ${JSON.stringify(name.slice(0, 100))}; it has: ${outputs.map((output) => output.file.name).join(', ') || 'none yet'}.`,
  });
}

/** Headers that hold for the whole file and for each part of it. */
function describe(ctx: RequestContext, file: OutputFile): void {
  ctx.set('Content-Type', file.mediaType);
  ctx.set({
    'Content-Disposition': attachment(file.name),
    'Accept-Ranges': 'bytes',
    'Cache-Control': `private, max-age=${WEEK_S}, immutable`,
    ETag: `"${file.sha256}"`,
    'Repr-Digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
  });
}

/** A Range counts only while If-Range names this very content. */
function rangeOf(ctx: RequestContext, file: OutputFile) {
  const ifRange = ctx.get('If-Range');
  if (ifRange !== '' && ifRange !== `"${file.sha256}"`) return undefined;
  return ctx.method === 'GET' ? parseRange(ctx.get('Range'), file.sizeBytes) : undefined;
}

async function send(deps: GatewayDeps, ctx: RequestContext, file: OutputFile): Promise<void> {
  const range = rangeOf(ctx, file);
  if (range === 'unsatisfiable') {
    const headers = { 'Content-Range': `bytes */${file.sizeBytes}` };
    throw new Problem('range_not_satisfiable', { detail: `The file has ${file.sizeBytes} bytes.`, headers });
  }
  const isWhole = range === undefined;
  const length = isWhole ? file.sizeBytes : range.end - range.start + 1;
  if (isUnchanged(ctx, `"${file.sha256}"`)) {
    describe(ctx, file);
    ctx.status = 304;
    return;
  }
  const bytes = ctx.method === 'HEAD' ? undefined : await deps.guard.run(() => deps.outputs.readFile(file.ref, range));
  describe(ctx, file);
  ctx.status = isWhole ? 200 : 206;
  ctx.length = length;
  if (!isWhole) ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${file.sizeBytes}`);
  if (!bytes) return;
  // Not `ctx.body`: when the source fails half-way, the connection must be cut, or the client waits for ever.
  ctx.respond = false;
  await pipeline(bytes, ctx.res).catch((error: unknown) => {
    deps.logger.warn({ err: error, trace_id: ctx.state.traceId }, 'a download ended early');
  });
}

/** Lists and streams the files that a job made for its caller. */
export function outputRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.get('/v1/jobs/:job_id/outputs', 'read', acceptsJson, async (ctx) => {
    const id = ctx.params['job_id'] ?? '';
    const outputs = await deps.guard.run(async () => userOutputs(deps, await getJob(deps.store, ctx.state.tenant, id)));
    ctx.body = { outputs: outputs.map((output) => outputView(id, output, outputs)) };
  });
  routes.get('/v1/jobs/:job_id/outputs/:name', 'read', async (ctx) => {
    const { stage } = readQuery(ctx, downloadQuery);
    await send(deps, ctx, await deps.guard.run(() => findOutput(deps, ctx.state.tenant, ctx.params, stage)));
  });
}
