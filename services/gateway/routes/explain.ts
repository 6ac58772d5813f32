import type { ExplainFacts } from '../../../shared/domain/explain/explain-facts.ts';
import { explainJob } from '../../../shared/domain/explain/explain-job.ts';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { getJob } from '../../../shared/jobs/get-job.ts';
import { BreakersInForce } from '../explain/breakers-in-force.ts';
import { explanationView } from '../explain/explanation-view.ts';
import { PausesInForce } from '../explain/pauses-in-force.ts';
import { QueueEvidence } from '../explain/queue-evidence.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { shownStatus, specOf } from '../job-view.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { outlookFields } from '../outlook-view.ts';
import type { RouteTable } from '../route-table.ts';

interface Sources {
  readonly evidence: QueueEvidence;
  readonly pauses: PausesInForce;
  readonly breakers: BreakersInForce;
}

/** Everything that an explanation of the record rests on, as far as it can be known. @param now the store's clock. */
async function factsOf(deps: GatewayDeps, { evidence, pauses, breakers }: Sources, record: JobRecord, now: Date): Promise<ExplainFacts> {
  const type = specOf(deps.pipelines, record);
  const queue = deps.bus.queueOf(type.stages[record.stage]!.name, record.lane);
  const [known, pause, breaker] =
    record.state === 'QUEUED' ? await Promise.all([evidence.of(queue, now), pauses.of(record, now), breakers.of(record)]) : [{}];
  const windows = (record.offPeak || record.state === 'QUEUED') && { windows: await pauses.windows() };
  const held = { ...(pause && { pause }), ...(breaker && { breaker }), ...windows };
  return { record, type, now, queue, canPublish: deps.bus.canPublish(), ...known, ...held };
}

/** Why a job is where it is, and what comes next. */
export function explainRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const sources = { evidence: new QueueEvidence(deps), pauses: new PausesInForce(deps), breakers: new BreakersInForce(deps) };
  const explain = async (ctx: RequestContext, id: string): Promise<void> => {
    const { record, now, shown } = await deps.guard.run(async () => {
      const [record, now] = [await getJob(deps.store, ctx.state.tenant, id), await deps.store.estimateTime()];
      return { record, now, shown: await shownStatus(deps, record, now) };
    });
    const { status, retryAvailable: isRetryAvailable } = shown;
    // Outside the guard: a broker that is slow says nothing of the store.
    const facts = await factsOf(deps, sources, record, now);
    const { queuePosition: position, eta } = deps.eta.outlookOf(record);
    const explanation = explainJob({
      ...facts,
      ...(position !== undefined && { position }),
      ...(isRetryAvailable !== undefined && { isRetryAvailable }),
    });
    ctx.body = { job_id: id, status, as_of: now.toISOString(), ...explanationView(explanation), ...outlookFields({ ...(eta && { eta }) }) };
  };
  routes.get(['/v1/jobs/:job_id/explain', '/jobs/:job_id/explain'], 'read', acceptsJson, (ctx) => explain(ctx, ctx.params['job_id'] ?? ''));
}
