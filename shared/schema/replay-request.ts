import { z } from 'zod';

const moment = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 date-time with a zone, e.g. 2026-11-24T10:00:00Z' })
  .transform((text) => new Date(text));

/** Which dead letters, as operators name them. */
export const deadLetterParts = z.strictObject({
  stage: z.string().min(1).max(100).optional().describe('Name of the stage at which they failed. Default: every stage.'),
  type: z.string().min(1).max(100).optional(),
  tenant: z.string().min(1).max(64).optional(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits, as groups show them')
    .optional(),
  failed_from: moment.optional(),
  failed_before: moment.optional(),
  ignored: z.enum(['include']).optional().describe('Those of ignored groups too. They are left out where no fingerprint is given.'),
});

/** Body of POST /admin/v1/replays. */
export const replayPlanRequest = z
  .strictObject({
    filter: deadLetterParts.default({}),
    from: z.enum(['failed_stage', 'beginning']).default('failed_stage'),
    rate_per_second: z.int().min(1).max(5_000).default(100),
    ramp_percent: z
      .array(z.number().gt(0).max(100))
      .min(1)
      .max(10)
      .default([1, 5, 20, 100])
      .refine((steps) => steps.every((step, index) => index === 0 || step > steps[index - 1]!), 'must rise from step to step')
      .refine((steps) => steps.at(-1) === 100, 'must end with 100'),
    max_failure_rate: z.number().gt(0).max(1).default(0.1).describe('Stops when this share of those that have ended failed again.'),
    step_timeout_s: z.int().min(1).max(86_400).default(600).describe('Stops when the jobs of a step have not ended so long after.'),
    note: z.string().max(500).optional(),
  })
  .meta({ id: 'ReplayPlanRequest', examples: [{ filter: { stage: 'p1' }, rate_per_second: 50, ramp_percent: [10, 100] }] });

/** Body of POST /admin/v1/removals. What is deleted must be named: all of them by an empty filter. */
export const removalPlanRequest = z
  .strictObject({
    filter: deadLetterParts,
    rate_per_second: z.int().min(1).max(5_000).default(500),
    note: z.string().max(500).optional(),
  })
  .meta({ id: 'RemovalPlanRequest', examples: [{ filter: { stage: 'p1', failed_before: '2026-01-01T00:00:00Z' } }] });

/** Body of POST /admin/v1/replays/{replay_id}/apply. */
export const replayApplyRequest = z
  .strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/, 'must be the digest of the plan, 64 hex digits') })
  .meta({ id: 'ReplayApplyRequest', examples: [{ digest: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae' }] });
