import { z } from 'zod';
import { ASKED_LANES } from '../domain/job.ts';
import { plainLine, tagsBeside, timeZone } from './common-fields.ts';
import { tenantName } from './key-request.ts';

const YEAR_S = 366 * 86_400;
/** Each job has the tags of its rule and its run. */
const OWN_TAGS = 2;

const replayAction = z.strictObject({
  kind: z.literal('replay'),
  from: z.enum(['failed_stage', 'beginning']).default('failed_stage'),
});

const submitAction = z.strictObject({
  kind: z.literal('submit'),
  job: z.strictObject({
    type: z.string().min(1).max(100),
    input: z.unknown().refine((input) => input !== undefined, 'is required'),
    options: z.unknown().optional(),
    lane: z.enum(ASKED_LANES).default('bulk'),
    max_attempts: z.int().min(1).max(25).optional(),
    tags: tagsBeside(OWN_TAGS).optional(),
    deadline_after_seconds: z.int().min(1).max(YEAR_S).optional(),
  }),
});

/** Body of POST /admin/v1/batch-rules and PUT /admin/v1/batch-rules/{rule_id}. */
export const batchRuleRequest = z
  .strictObject({
    name: plainLine(200),
    tenant: tenantName.default('default').describe('Whose jobs are looked for.'),
    query: z.string().min(1).max(1_000).describe('As q of GET /v1/jobs; ages count from the instant of the run.'),
    action: z.discriminatedUnion('kind', [replayAction, submitAction]),
    cron: z.string().min(1).max(200).describe('5 fields, or 6 with seconds first.'),
    time_zone: timeZone,
    max_jobs: z.int().min(1).max(100_000).default(10_000).describe('Of one run.'),
    rate_per_second: z.int().min(1).max(1_000).default(50),
    enabled: z.boolean().default(true),
  })
  .meta({
    id: 'BatchRuleRequest',
    examples: [
      { name: 'timeouts again', query: 'state:failed error:stage_timeout age:<1d', action: { kind: 'replay' }, cron: '0 3 * * *' },
    ],
  });

export type BatchRuleRequest = z.output<typeof batchRuleRequest>;
