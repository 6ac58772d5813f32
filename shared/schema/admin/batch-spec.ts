import { z } from 'zod';
import { ASKED_LANES } from '../../domain/job.ts';

const from = z.enum(['failed_stage', 'beginning']);
const job = z.strictObject({
  type: z.string(),
  input: z.unknown(),
  options: z.unknown().optional(),
  lane: z.enum(ASKED_LANES),
  max_attempts: z.int().optional(),
  tags: z.array(z.string()).optional(),
  deadline_after_seconds: z.int().optional(),
});

/** What a batch rule says, in the rule and in its runs. */
export const specFields = {
  name: z.string(),
  tenant: z.string(),
  query: z.string(),
  action: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('replay'), from }),
    z.strictObject({ kind: z.literal('submit'), job }),
  ]),
  cron: z.string(),
  time_zone: z.string(),
  max_jobs: z.int().min(1),
  rate_per_second: z.int().min(1),
};
