import { z } from 'zod';
import { replayApplyRequest, replayPlanRequest } from '../replay-request.ts';
import { type ApiPart, dateTime } from './api-part.ts';
import { itemFields, letterOperations, operationFields } from './letter-operation.ts';

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

/** Replays of many dead letters: planned, applied, followed, aborted, undone. */
export const REPLAYS: ApiPart = {
  requests: { ReplayPlanRequest: replayPlanRequest, ReplayApplyRequest: replayApplyRequest },
  responses: { Replay: replay, ReplayItems: replayItems, ReplayList: replayList },
  operations: [
    ...letterOperations({
      kind: 'replay',
      done: 'replayed',
      plan: {
        summary: 'Plan a replay of many dead letters; nothing is replayed yet',
        body: { schema: replayPlanRequest, isOptional: true },
      },
      one: replay,
      list: replayList,
      items: replayItems,
    }),
    {
      method: 'post',
      path: '/admin/v1/replays/{replay_id}/undo',
      summary: 'Take back what nobody has claimed yet',
      success: { status: 202, description: 'It is taken back within seconds', schema: replay },
      problems: [409],
    },
  ],
};
