import { z } from 'zod';
import { OUTCOMES } from '../../domain/retention/retention-rule.ts';
import { retentionRuleRequest } from '../retention-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links } from './api-part.ts';

const days = z.int().min(0).optional();

const rule = z
  .strictObject({
    rule_id: z.string().describe('What it is for, e.g. type=report,outcome=failed; `all`: every job.'),
    type: z.string().optional(),
    outcome: z.enum(OUTCOMES.map((outcome) => outcome.toLowerCase())).optional(),
    job_days: days,
    payload_days: days,
    outputs_days: days,
    timeline_days: days,
    source: z.enum(['api', 'configuration']),
    set_by: z.string().optional().describe('With the source api.'),
    updated_at: dateTime.optional().describe('With the source api.'),
    links,
  })
  .meta({ id: 'RetentionRule' });

const retention = z
  .strictObject({
    rules: z.array(rule),
    defaults: z.array(z.strictObject({ type: z.string(), job_days: z.number() })).describe('Where no rule says something else.'),
  })
  .meta({ id: 'Retention' });

/** How long ended jobs and their parts are kept. */
export const RETENTION: ApiPart = {
  requests: { RetentionRuleRequest: retentionRuleRequest },
  responses: { Retention: retention, RetentionRule: rule },
  operations: [
    {
      method: 'get',
      path: '/admin/v1/retention',
      summary: 'How long ended jobs and their parts are kept',
      success: { status: 200, description: 'The rules in force, and what goes without', schema: retention },
    },
    {
      method: 'post',
      path: '/admin/v1/retention/rules',
      summary: 'Set a rule, in place of one for the same jobs',
      body: { schema: retentionRuleRequest },
      success: { status: 201, description: 'The rule', schema: rule },
      problems: BODY_PROBLEMS,
    },
    {
      method: 'get',
      path: '/admin/v1/retention/rules/{rule_id}',
      summary: 'A rule in force, of the configuration too',
      success: { status: 200, description: 'The rule', schema: rule },
    },
    {
      method: 'delete',
      path: '/admin/v1/retention/rules/{rule_id}',
      summary: 'Remove a rule that was set here; one of the configuration for the same jobs is in force again',
      success: { status: 204, description: 'It is gone' },
    },
  ],
};
