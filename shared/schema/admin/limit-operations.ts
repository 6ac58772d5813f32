import { z } from 'zod';
import { LANES } from '../../domain/job.ts';
import { laneWeightsRequest, limitRequest } from '../limit-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links } from './api-part.ts';

const limit = z
  .strictObject({
    limit_id: z.string(),
    stage: z.string().optional(),
    tenant: z.string().optional(),
    key: z.string().optional().describe('Concurrency key, of the tenant.'),
    concurrency: z.int().min(1).optional(),
    starts_per_second: z.number().optional(),
    reason: z.string(),
    by: z.string(),
    created_at: dateTime,
    links,
  })
  .meta({ id: 'Limit' });

const limitList = z.strictObject({ limits: z.array(limit) }).meta({ id: 'LimitList' });

const laneList = z
  .strictObject({
    lanes: z.array(z.strictObject({ lane: z.enum(LANES), weight: z.int().min(1), default_weight: z.int().min(1) })),
    reason: z.string().optional().describe('Absent, as the two after it: nobody has set the weights.'),
    by: z.string().optional(),
    since: dateTime.optional(),
  })
  .meta({ id: 'LaneList' });

const LIMITS_PATH = '/admin/v1/limits';
const LANES_PATH = '/admin/v1/lanes';
const weights = { status: 200, description: 'The weights', schema: laneList };

/** Limits of stages, tenants and concurrency keys, and the weights of the lanes. */
export const LIMITS: ApiPart = {
  requests: { LimitRequest: limitRequest, LaneWeightsRequest: laneWeightsRequest },
  responses: { LaneList: laneList, Limit: limit, LimitList: limitList },
  operations: [
    {
      method: 'get',
      path: LIMITS_PATH,
      summary: 'How many jobs may run at once, and begin a second',
      success: { status: 200, description: 'All limits that are set', schema: limitList },
    },
    {
      method: 'put',
      path: LIMITS_PATH,
      summary: 'Set a limit, in place of one for the same jobs',
      body: { schema: limitRequest },
      success: { status: 200, description: 'The limit', schema: limit },
      problems: BODY_PROBLEMS,
    },
    {
      method: 'get',
      path: `${LIMITS_PATH}/{limit_id}`,
      summary: 'A limit',
      success: { status: 200, description: 'The limit', schema: limit },
    },
    {
      method: 'delete',
      path: `${LIMITS_PATH}/{limit_id}`,
      summary: 'End a limit',
      success: { status: 204, description: 'It has ended' },
    },
    { method: 'get', path: LANES_PATH, summary: 'How turns are shared between the lanes', success: weights },
    {
      method: 'put',
      path: LANES_PATH,
      summary: 'Set the weights of the lanes',
      body: { schema: laneWeightsRequest },
      success: weights,
      problems: BODY_PROBLEMS,
    },
    {
      method: 'delete',
      path: LANES_PATH,
      summary: 'Let the lanes have their default weights; repeating it is harmless',
      success: { status: 204, description: 'They have' },
    },
  ],
};
