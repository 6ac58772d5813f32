import { z } from 'zod';
import { JOB_STATES } from '../../domain/job.ts';
import { batchRuleRequest } from '../batch-rule-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links } from './api-part.ts';
import { batchRun } from './batch-run-operations.ts';
import { specFields } from './batch-spec.ts';

const rule = z
  .strictObject({
    rule_id: z.string(),
    ...specFields,
    enabled: z.boolean(),
    words: z.string().describe('The cron expression in words.'),
    watermark: dateTime.describe('Instants up to here are decided.'),
    next_run_at: dateTime.optional().describe('Absent while it is switched off.'),
    set_by: z.string(),
    created_at: dateTime,
    updated_at: dateTime,
    links,
  })
  .meta({ id: 'BatchRule' });

const ruleList = z.strictObject({ rules: z.array(rule) }).meta({ id: 'BatchRuleList' });

const preview = z
  .strictObject({
    words: z.string(),
    next_runs: z.array(dateTime),
    jobs: z.array(z.strictObject({ job_id: z.string(), type: z.string(), state: z.enum(JOB_STATES), links })).describe('The first 50.'),
    is_more: z.boolean(),
  })
  .meta({ id: 'BatchRulePreview' });

const ALL = '/admin/v1/batch-rules';
const ONE = `${ALL}/{rule_id}`;
const body = { schema: batchRuleRequest };
const shown = (status: number) => ({ status, description: 'The rule', schema: rule });
const previewed = { status: 200, description: 'What a run would find now, and when the next ones come', schema: preview };

/** Rules that run by the calendar over the jobs that a search finds. */
export const BATCH_RULES: ApiPart = {
  requests: { BatchRuleRequest: batchRuleRequest },
  responses: { BatchRule: rule, BatchRuleList: ruleList, BatchRulePreview: preview },
  operations: [
    {
      method: 'post',
      path: ALL,
      summary: 'Make a rule: when it runs, which jobs it looks for, what it does with each',
      body,
      success: shown(201),
      problems: [...BODY_PROBLEMS, 409],
    },
    { method: 'get', path: ALL, summary: 'Batch rules', success: { status: 200, description: 'All of them', schema: ruleList } },
    {
      method: 'post',
      path: `${ALL}:preview`,
      summary: 'What a rule that is not stored would do',
      body,
      success: previewed,
      problems: BODY_PROBLEMS,
    },
    { method: 'get', path: ONE, summary: 'A batch rule', success: shown(200) },
    {
      method: 'put',
      path: ONE,
      summary: 'Say a rule anew; what was due before is decided as it was then',
      body,
      success: shown(200),
      problems: [...BODY_PROBLEMS, 409],
    },
    { method: 'post', path: `${ONE}/enable`, summary: 'Switch it on', success: shown(200), problems: [409] },
    { method: 'post', path: `${ONE}/disable`, summary: 'Switch it off', success: shown(200), problems: [409] },
    { method: 'delete', path: ONE, summary: 'Remove it; its runs stay', success: { status: 204, description: 'It is gone' } },
    { method: 'get', path: `${ONE}/preview`, summary: 'What it would do', success: previewed },
    {
      method: 'post',
      path: `${ONE}/run`,
      summary: 'Run it once, now, whether or not it is switched on',
      success: { status: 202, description: 'The run; a scheduler takes it up', schema: batchRun },
    },
  ],
};
