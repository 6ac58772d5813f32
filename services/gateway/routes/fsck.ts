import { z } from 'zod';
import { closingLine, type FsckFinding, type FsckReport, isClean } from '../../../shared/domain/fsck-report.ts';
import type { FsckRun } from '../../../shared/ports/fsck-runs.ts';
import { fsckRequest } from '../../../shared/schema/job-request.ts';
import { wholeParameter } from '../../../shared/schema/whole-parameter.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readOptionalJson } from '../json-body.ts';
import { Problem } from '../problems.ts';
import { checkBody, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const listQuery = z.strictObject({ limit: wholeParameter(1, 50).default(20) });
/** Seconds after which it is worth while to look again. */
const LOOK_AGAIN_S = 2;

const selfOf = (id: string): string => `/admin/v1/fsck/${id}`;

function findingView({ category, rule, level, jobId, queue, detail, repaired }: FsckFinding) {
  return { category, rule, level, job_id: jobId, queue, detail, repaired };
}

function reportView(report: FsckReport, withFindings: boolean) {
  return {
    summary: closingLine(report),
    clean: isClean(report),
    jobs: report.jobs,
    by_state: Object.fromEntries(Object.entries(report.byState).map(([state, count]) => [state.toLowerCase(), count])),
    dead_letters: report.deadLetters,
    counts: report.counts,
    outputs_to_sweep: report.outputsToSweep,
    errors: report.errors,
    repaired: report.repaired,
    unchecked: report.unchecked,
    notes: report.notes,
    ...(withFindings && { findings: report.findings.map(findingView), findings_cut: report.isCut }),
  };
}

function runView(run: FsckRun, withFindings = false) {
  return {
    run_id: run.id,
    state: run.state,
    requested_by: run.by,
    repair: run.repair,
    requested_at: run.requestedAt.toISOString(),
    started_at: run.startedAt?.toISOString(),
    ended_at: run.endedAt?.toISOString(),
    tries: run.tries,
    progress: run.progress,
    error: run.error,
    report: run.report && reportView(run.report, withFindings),
    links: { self: selfOf(run.id) },
  };
}

/** Asks for a run. @throws Problem fsck_running while another is open. */
async function requestRun({ fsckRuns, clock }: GatewayDeps, repair: boolean): Promise<FsckRun> {
  const open = await fsckRuns.open();
  if (open) {
    const detail = `Run ${open.id} is ${open.state}.`;
    throw new Problem('fsck_running', { detail, fields: { run_id: open.id }, headers: { 'Retry-After': String(LOOK_AGAIN_S) } });
  }
  const id = clock.uuid();
  await fsckRuns.request({ id, by: 'operator', repair });
  return (await fsckRuns.read(id))!;
}

/** fsck: asked for here, run by a scheduler (it alone may take dead letters), its result kept. */
export function fsckRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.post('/admin/v1/fsck', { scope: 'admin', action: 'fsck.request' }, async (ctx) => {
    const { repair } = checkBody(await readOptionalJson(ctx, deps.limits), fsckRequest);
    const run = await deps.guard.run(() => requestRun(deps, repair));
    ctx.state.made = run.id;
    ctx.status = 202;
    ctx.set({ Location: selfOf(run.id), 'Retry-After': String(LOOK_AGAIN_S) });
    ctx.body = runView(run);
  });
  routes.get('/admin/v1/fsck', 'admin', async (ctx) => {
    const { limit } = readQuery(ctx, listQuery);
    ctx.body = { runs: (await deps.guard.run(() => deps.fsckRuns.list(limit))).map((run) => runView(run)) };
  });
  routes.get('/admin/v1/fsck/:run_id', 'admin', async (ctx) => {
    const id = ctx.params['run_id'] ?? '';
    const run = await deps.guard.run(() => deps.fsckRuns.read(id));
    if (!run) throw new Problem('fsck_run_not_found', { detail: `There is no run ${JSON.stringify(id.slice(0, 64))}.` });
    if (run.state === 'requested' || run.state === 'running') ctx.set('Retry-After', String(LOOK_AGAIN_S));
    ctx.body = runView(run, true);
  });
}
