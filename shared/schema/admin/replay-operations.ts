import { z } from 'zod';
import { replayApplyRequest, replayPlanRequest } from '../replay-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, mostOf } from './api-part.ts';
import { ITEMS_QUERY, itemFields, operationFields } from './letter-operation.ts';

const replay = z
  .strictObject({
    replay_id: z.string(),
    ...operationFields,
    from: z.enum(['failed_stage', 'beginning']),
    ramp_percent: z.array(z.number()),
    max_failure_rate: z.number(),
    step_timeout_s: z.int(),
    undo: z
      .strictObject({ by: z.string(), requested_at: dateTime, ended_at: dateTime.optional() })
      .optional()
      .describe('Jobs that nobody had claimed are dead letters again.'),
  })
  .meta({ id: 'Replay' });

const replayList = z.strictObject({ replays: z.array(replay) }).meta({ id: 'ReplayList' });
const replayItems = z.strictObject({ replay_id: z.string(), ...itemFields }).meta({ id: 'ReplayItems' });

const ONE = '/admin/v1/replays/{replay_id}';
const shown = (status: number, description: string) => ({ status, description, schema: replay });

/** Replays of many dead letters: planned, applied, followed, aborted, undone. */
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
      query: ITEMS_QUERY,
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
    {
      method: 'post',
      path: `${ONE}/undo`,
      summary: 'Take back what nobody has claimed yet',
      success: shown(202, 'It is taken back within seconds'),
      problems: [409],
    },
  ],
};
