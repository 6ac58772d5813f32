import { z } from 'zod';
import { rerunRuleRequest } from '../rerun-rule-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links } from './api-part.ts';

const rule = z
  .strictObject({
    rule_id: z.string(),
    name: z.string(),
    priority: z.int().min(0),
    type: z.string().optional(),
    error_code: z.string().optional(),
    error_class: z.enum(['retry', 'timeout', 'crash']).optional(),
    fingerprint: z.string().optional(),
    after_minutes: z.int().min(0),
    max_runs: z.int().min(0),
    budget_per_hour: z.int().min(1).optional(),
    spent_this_hour: z.int().min(0).optional().describe('Of the budget, where there is one.'),
    enabled: z.boolean(),
    set_by: z.string(),
    updated_at: dateTime,
    links,
  })
  .meta({ id: 'RerunRule' });

const ruleList = z.strictObject({ rules: z.array(rule) }).meta({ id: 'RerunRuleList' });

const ALL = '/admin/v1/rerun-rules';
const ONE = `${ALL}/{rule_id}`;
const shown = (status: number) => ({ status, description: 'The rule', schema: rule });

/** Rules by which failed jobs are run again. */
export const RERUN_RULES: ApiPart = {
  requests: { RerunRuleRequest: rerunRuleRequest },
  responses: { RerunRule: rule, RerunRuleList: ruleList },
  operations: [
    {
      method: 'post',
      path: ALL,
      summary: 'Make a rule by which failed jobs are run again',
      body: { schema: rerunRuleRequest },
      success: shown(201),
      problems: [...BODY_PROBLEMS, 409],
    },
    {
      method: 'get',
      path: ALL,
      summary: 'Rules of re-runs',
      success: { status: 200, description: 'In the order in which they are asked', schema: ruleList },
    },
    { method: 'get', path: ONE, summary: 'One of them', success: shown(200) },
    {
      method: 'put',
      path: ONE,
      summary: 'Say a rule anew',
      body: { schema: rerunRuleRequest },
      success: shown(200),
      problems: BODY_PROBLEMS,
    },
    { method: 'delete', path: ONE, summary: 'Remove a rule', success: { status: 204, description: 'It is gone' } },
  ],
};
