import { z } from 'zod';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { getJob } from '../../../shared/jobs/get-job.ts';
import type { OutputFile } from '../../../shared/ports/output-store.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { outputView, type UserOutput, userOutputs } from '../job-view.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import { Problem } from '../problems.ts';
import { readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';
import { sendOutput } from '../send-output.ts';

const downloadQuery = z.strictObject({ stage: z.string().min(1).max(100).optional() });
const part = z.string().max(200).default('');
const linkQuery = z.strictObject({ stage: part, expires: part, kid: part, signature: part });

/** The latest stage's file of that name, or that of the stage asked for. */
async function findOutput(deps: GatewayDeps, record: JobRecord, name: string, stage?: string): Promise<OutputFile> {
  const outputs = await userOutputs(deps, record);
  const found = outputs.findLast((output) => output.file.name === name && (stage === undefined || output.stage === stage));
  if (found) return found.file;
  if (record.removed?.outputs)
    throw new Problem('file_gone', {
      detail: `The outputs of this job had their time, and were removed at ${record.removed.outputs.toISOString()}.`,
    });
  throw new Problem('output_not_found', {
    detail: `The job has no output ${JSON.stringify(name.slice(0, 100))}; it has: ${outputs.map((output) => output.file.name).join(', ') || 'none yet'}.`,
  });
}

/** An output in the list, with a link that needs no key. */
async function listed(deps: GatewayDeps, record: JobRecord, output: UserOutput, all: readonly UserOutput[]) {
  const { tenant, id: jobId, expireAt } = record;
  const download = await deps.links.make({ tenant, jobId, stage: output.stage, name: output.file.name }, expireAt);
  return { ...outputView(jobId, output, all), download: { href: download.href, expires_at: download.expireAt.toISOString() } };
}

/** Lists and streams the files that a job made for its caller. */
export function outputRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { store, guard, links } = deps;
  routes.get('/v1/jobs/:job_id/outputs', 'read', acceptsJson, async (ctx) => {
    const id = ctx.params['job_id'] ?? '';
    ctx.body = await guard.run(async () => {
      const record = await getJob(store, ctx.state.tenant, id);
      const outputs = await userOutputs(deps, record);
      return { outputs: await Promise.all(outputs.map((output) => listed(deps, record, output, outputs))) };
    });
  });
  routes.get('/v1/jobs/:job_id/outputs/:name', 'read', async (ctx) => {
    const { stage } = readQuery(ctx, downloadQuery);
    const { job_id: id = '', name = '' } = ctx.params;
    await sendOutput(deps, ctx, await guard.run(async () => findOutput(deps, await getJob(store, ctx.state.tenant, id), name, stage)));
  });
  routes.get('/v1/downloads/:job_id/:name', 'link', async (ctx) => {
    const { job_id: jobId = '', name = '' } = ctx.params;
    const query = readQuery(ctx, linkQuery);
    const file = await guard.run(async () => {
      const record = await links.recordOf(store, { ...query, jobId, name });
      return findOutput(deps, record, name, query.stage);
    });
    await sendOutput(deps, ctx, file);
  });
}
