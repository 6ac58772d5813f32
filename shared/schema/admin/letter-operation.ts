import { z } from 'zod';
import { REPLAY_OUTCOMES } from '../../domain/dead-letters/replay-operation.ts';
import { dateTime, links, mostOf, nextPage } from './api-part.ts';

const outcome = z.enum(REPLAY_OUTCOMES);

/** Of a replay and of a removal alike. */
export const operationFields = {
  state: z.enum(['planned', 'collecting', 'running', 'done', 'stopped', 'aborted']),
  planned_by: z.string(),
  note: z.string().optional(),
  filter: z.looseObject({}),
  rate_per_second: z.int(),
  planned: z.int().min(0).describe('Dead letters that the plan counted.'),
  total: z.int().min(0).optional().describe('Jobs collected.'),
  steps: z.array(z.int()).describe('Jobs dealt with before the outcome of each step is waited for.'),
  least_seconds: z.int().min(0),
  counts: z.partialRecord(outcome, z.int().min(0)).optional(),
  reason: z.string().optional().describe('Why it stopped.'),
  abort_requested: z.literal(true).optional(),
  planned_at: dateTime,
  applied_at: dateTime.optional(),
  ended_at: dateTime.optional(),
  digest: z.string().optional().describe('What applies it, while it is a plan.'),
  valid_until: dateTime.optional(),
  links,
};

/** Of a page of its jobs. */
export const itemFields = { items: z.array(z.strictObject({ job_id: z.string(), outcome, links })), next_page_token: nextPage };

/** Query of its jobs. */
export const ITEMS_QUERY = {
  outcome: { description: 'What became of the job', schema: { enum: REPLAY_OUTCOMES } },
  ...mostOf(1_000, 100),
  page_token: { description: 'next_page_token of the page before', schema: { pattern: '^\\d{1,9}$' } },
};
