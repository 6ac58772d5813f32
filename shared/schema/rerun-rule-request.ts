import { z } from 'zod';
import { plainLine } from './common-fields.ts';

/** Body of POST /admin/v1/rerun-rules and PUT /admin/v1/rerun-rules/{rule_id}. */
export const rerunRuleRequest = z
  .strictObject({
    name: plainLine(100),
    priority: z.int().min(0).max(1_000_000).default(100).describe('Lower comes first; the first rule that fits decides.'),
    type: z.string().min(1).max(100).optional().describe('Job type. Default: all.'),
    error_code: z.string().min(1).max(100).optional(),
    error_class: z.enum(['retry', 'timeout', 'crash']).optional().describe('A rejected job is never run again.'),
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits, as groups of dead letters show them')
      .optional(),
    after_minutes: z.int().min(0).max(10_080),
    max_runs: z.int().min(0).max(25).describe('Replays of a job up to which it is run again; 0: never.'),
    budget_per_hour: z.int().min(1).max(1_000_000).optional().describe('Default: no bound.'),
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'RerunRuleRequest', examples: [{ name: 'timeouts', error_class: 'timeout', after_minutes: 30, max_runs: 2 }] });
