import { z } from 'zod';
import { OUTCOMES } from '../domain/retention/retention-rule.ts';
import { hasAll } from './has-all.ts';

const outcomes = OUTCOMES.map((outcome) => outcome.toLowerCase()) as [string, ...string[]];
const MOST_DAYS = 3_650;
const days = z.int().min(0).max(MOST_DAYS).optional();

/** Body of POST /admin/v1/retention/rules. */
export const retentionRuleRequest = z
  .strictObject({
    type: z.string().min(1).max(100).optional().describe('Job type. Default: all.'),
    outcome: z.enum(outcomes).optional().describe('Default: all.'),
    job_days: z.int().min(1).max(MOST_DAYS).optional().describe('How long the job is kept after its end.'),
    payload_days: days.describe('How long its input and options are.'),
    outputs_days: days.describe('How long its files are.'),
    timeline_days: days.describe('How long the entries of its log are.'),
  })
  .refine((rule) => [rule.job_days, rule.payload_days, rule.outputs_days, rule.timeline_days].some((one) => one !== undefined), {
    error: 'must have at least one of job_days, payload_days, outputs_days and timeline_days',
  })
  .meta({
    id: 'RetentionRuleRequest',
    anyOf: ['job_days', 'payload_days', 'outputs_days', 'timeline_days'].map((part) => hasAll(part)),
    examples: [{ type: 'report', outcome: 'completed', job_days: 30, outputs_days: 7 }],
  });
