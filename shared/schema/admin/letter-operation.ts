import { z } from 'zod';
import { REPLAY_OUTCOMES } from '../../domain/dead-letters/replay-operation.ts';
import type { Operation } from '../operations.ts';
import { replayApplyRequest } from '../replay-request.ts';
import { BODY_PROBLEMS, dateTime, links, mostOf, nextPage } from './api-part.ts';

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
const ITEMS_QUERY = {
  outcome: { description: 'What became of the job', schema: { enum: REPLAY_OUTCOMES } },
  ...mostOf(1_000, 100),
  page_token: { description: 'next_page_token of the page before', schema: { pattern: '^\\d{1,9}$' } },
};

/** What tells replays from removals. */
interface LetterOperation {
  /** Its paths begin with `/admin/v1/<kind>s`. */
  readonly kind: 'replay' | 'removal';
  /** What it does to a job. */
  readonly done: 'replayed' | 'removed';
  readonly plan: Pick<Operation, 'summary' | 'body'>;
  readonly one: z.ZodType;
  readonly list: z.ZodType;
  readonly items: z.ZodType;
}

/** Planned, listed, looked at, applied, aborted: the same for both. */
export function letterOperations({ kind, done, plan, one, list, items }: LetterOperation): readonly Operation[] {
  const all = `/admin/v1/${kind}s`;
  const path = `${all}/{${kind}_id}`;
  const shown = (status: number, description: string) => ({ status, description, schema: one });
  return [
    { method: 'post', path: all, ...plan, success: shown(201, 'The plan, with the digest that applies it'), problems: BODY_PROBLEMS },
    {
      method: 'get',
      path: all,
      summary: `${kind[0]!.toUpperCase()}${kind.slice(1)}s, newest first`,
      query: mostOf(50, 20),
      success: { status: 200, description: 'Of the last 30 days', schema: list },
      problems: [400],
    },
    { method: 'get', path, summary: `One ${kind}`, success: shown(200, `The ${kind}`) },
    {
      method: 'get',
      path: `${path}/items`,
      summary: `Its jobs, in the order in which they are ${done}`,
      query: ITEMS_QUERY,
      success: { status: 200, description: 'One page', schema: items },
      problems: [400],
    },
    {
      method: 'post',
      path: `${path}/apply`,
      summary: 'Carry out a plan that was looked at',
      body: { schema: replayApplyRequest },
      success: shown(202, 'A scheduler takes it up'),
      problems: [...BODY_PROBLEMS, 409],
    },
    { method: 'post', path: `${path}/abort`, summary: 'Stop it', success: shown(202, 'It stops within a second'), problems: [409] },
  ];
}
