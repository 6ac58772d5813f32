import { type BatchAction, type BatchSpec, searchProblem } from '../../shared/domain/batches/batch-rule.ts';
import {
  BATCH_PLACEHOLDERS,
  takesPayload,
  unknownBatchPlaceholders,
  WHOLE_PLACEHOLDERS,
} from '../../shared/domain/batches/batch-template.ts';
import type { JobTemplate } from '../../shared/domain/schedule/schedule.ts';
import { parseSearch } from '../../shared/domain/search/parse-search.ts';
import { batchJob } from '../../shared/jobs/batches/batch-job.ts';
import type { BatchRuleRequest } from '../../shared/schema/batch-rule-request.ts';
import { cronExpressionOf } from './cron-expression.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { jobTemplateOf } from './job-template.ts';
import { invalidRequest } from './query.ts';

/**
 * The spec that a request asks for. A template that takes nothing over from its jobs is checked as their jobs will be.
 * @throws Problem invalid_request; StoreUnavailableError.
 */
export async function batchSpecOf(deps: GatewayDeps, request: BatchRuleRequest, now: Date): Promise<BatchSpec> {
  const { name, tenant, query, cron, time_zone: timeZone, max_jobs: maxJobs, rate_per_second: ratePerSecond } = request;
  const expression = cronExpressionOf(deps.schedules.calendar, cron);
  const action = actionOf(request.action);
  const parsed = parseSearch(query, now);
  if (!parsed.ok) {
    const { position, detail } = parsed.problem;
    throw invalidRequest([{ pointer: '/query', detail: `is wrong from character ${position + 1} on: ${detail}` }]);
  }
  const useless = searchProblem(action, parsed.search);
  if (useless !== undefined) throw invalidRequest([{ pointer: '/query', detail: useless }]);
  const spec: BatchSpec = { name, tenant, query, action, timing: { kind: 'cron', expression, timeZone }, maxJobs, ratePerSecond };
  if (action.kind === 'submit') await checkTemplate(deps, spec, action.job, now);
  return spec;
}

function actionOf(action: BatchRuleRequest['action']): BatchAction {
  if (action.kind === 'replay') return { kind: 'replay', fromBeginning: action.from === 'beginning' };
  return { kind: 'submit', job: jobTemplateOf(action.job) };
}

async function checkTemplate(deps: GatewayDeps, spec: BatchSpec, job: JobTemplate, now: Date): Promise<void> {
  const refuse = (detail: string) => invalidRequest([{ pointer: '/action/job', detail }]);
  const [unknown] = unknownBatchPlaceholders(job);
  if (unknown !== undefined) {
    const known = `${BATCH_PLACEHOLDERS.join(', ')}, and alone in a string ${WHOLE_PLACEHOLDERS.join(' and ')}`;
    throw refuse(`has the placeholder {{${unknown.slice(0, 50)}}}; there are ${known}`);
  }
  if (!deps.pipelines.has(job.type))
    throw refuse(`has the type ${JSON.stringify(job.type)}; there are ${deps.pipelines.names().join(', ')}`);
  if (takesPayload(job)) return;
  const record = { id: '00000000-0000-7000-8000-000000000000', type: job.type, run: 0, createdAt: now };
  const run = { id: 'check', of: 'check', at: now, spec };
  const { types, outputs, fingerprint } = deps.schedules;
  const made = await batchJob({ types, outputs, fingerprint }, run, job, { record, payload: undefined });
  if (!made.ok) throw refuse(made.reason);
}
