import { z } from 'zod';
import { REPLAY_OUTCOMES } from '../../domain/dead-letters/replay-operation.ts';
import { replayApplyRequest, replayPlanRequest } from '../replay-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links, mostOf, nextPage } from './api-part.ts';

const outcome = z.enum(['pending', 'replayed', 'completed', 'failed', 'skipped']);

const replay = z
  .strictObject({
    replay_id: z.string(),
    state: z.enum(['planned', 'collecting', 'running', 'done', 'stopped', 'aborted']),
    planned_by: z.string(),
    filter: z.looseObject({}),
    from: z.enum(['failed_stage', 'beginning']),
    rate_per_second: z.int(),
    ramp_percent: z.array(z.number()),
    max_failure_rate: z.number(),
    step_timeout_s: z.int(),
    planned: z.int().min(0).describe('Dead letters that the plan counted.'),
    total: z.int().min(0).optional().describe('Jobs collected.'),
    steps: z.array(z.int()).describe('Jobs replayed before the outcome of each step is waited for.'),
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
  })
  .meta({ id: 'Replay' });

const replayList = z.strictObject({ replays: z.array(replay) }).meta({ id: 'ReplayList' });

const replayItems = z
  .strictObject({
    replay_id: z.string(),
    items: z.array(z.strictObject({ job_id: z.string(), outcome, links })),
    next_page_token: nextPage,
  })
  .meta({ id: 'ReplayItems' });

const ONE = '/admin/v1/replays/{replay_id}';
const shown = (status: number, description: string) => ({ status, description, schema: replay });

/** Replays of many dead letters: planned, applied, followed, aborted. */
export const REPLAYS: ApiPart = {
  requests: { ReplayPlanRequest: replayPlanRequest, ReplayApplyRequest: replayApplyRequest },
  responses: { Replay: replay, ReplayItems: replayItems, ReplayList: replayList },
  operations: [
    {
      method: 'post',
      path: '/admin/v1/replays',
      summary: 'Plan a replay of many dead letters; nothing is replayed yet',
      body: { schema: replayPlanRequest, isOptional: true },
      success: shown(201, 'The plan, with the digest that applies it'),
      problems: BODY_PROBLEMS,
    },
    {
      method: 'get',
      path: '/admin/v1/replays',
      summary: 'Replays, newest first',
      query: mostOf(50, 20),
      success: { status: 200, description: 'Of the last 30 days', schema: replayList },
      problems: [400],
    },
    { method: 'get', path: ONE, summary: 'One replay', success: shown(200, 'The replay') },
    {
      method: 'get',
      path: `${ONE}/items`,
      summary: 'Its jobs, in the order in which they are replayed',
      query: {
        outcome: { description: 'What became of the job', schema: { enum: REPLAY_OUTCOMES } },
        ...mostOf(1_000, 100),
        page_token: { description: 'next_page_token of the page before', schema: { pattern: '^\\d{1,9}$' } },
      },
      success: { status: 200, description: 'One page', schema: replayItems },
      problems: [400],
    },
    {
      method: 'post',
      path: `${ONE}/apply`,
      summary: 'Carry out a plan that was looked at',
      body: { schema: replayApplyRequest },
      success: shown(202, 'A scheduler takes it up'),
      problems: [...BODY_PROBLEMS, 409],
    },
    { method: 'post', path: `${ONE}/abort`, summary: 'Stop it', success: shown(202, 'It stops within a second'), problems: [409] },
  ],
};
