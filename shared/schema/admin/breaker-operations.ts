import { z } from 'zod';
import { breakerRequest } from '../control-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links } from './api-part.ts';

const breakerFields = {
  breaker_id: z.string().describe('Host of the dependency, with its port where that is not the usual one.'),
  state: z.enum(['closed', 'open', 'half_open']),
  since: dateTime.nullable().describe('null: nothing has ever failed.'),
  reason: z.string().nullable(),
  by: z.string().optional().describe('The operator who set it.'),
  until: dateTime.optional().describe('Of what an operator has set.'),
  next_probe_at: dateTime.optional(),
  failed_probes: z.int().min(0),
  failures: z.int().min(0),
  trips: z.int().min(0).describe('How often it opened by itself.'),
  needed_by: z.array(z.strictObject({ type: z.string(), stage: z.string() })),
  links,
};

const breaker = z.strictObject(breakerFields).meta({ id: 'Breaker' });
const breakerList = z.strictObject({ breakers: z.array(breaker) }).meta({ id: 'BreakerList' });

const change = z.strictObject({
  at: dateTime,
  to: z.enum(['open', 'closed']),
  reason: z.string(),
  by: z.string().optional().describe('Absent: by itself.'),
  until: dateTime.optional(),
});
const breakerWithHistory = z
  .strictObject({ ...breakerFields, history: z.array(change).describe('The last 50 changes, newest first.') })
  .meta({ id: 'BreakerWithHistory' });

const ONE = '/admin/v1/breakers/{breaker_id}';
const set = (how: 'open' | 'close', summary: string) =>
  ({
    method: 'post',
    path: `${ONE}/${how}`,
    summary,
    body: { schema: breakerRequest },
    success: { status: 200, description: 'The breaker', schema: breaker },
    problems: BODY_PROBLEMS,
  }) as const;

/** Breakers of the hosts that jobs need. */
export const BREAKERS: ApiPart = {
  requests: { BreakerRequest: breakerRequest },
  responses: { Breaker: breaker, BreakerList: breakerList, BreakerWithHistory: breakerWithHistory },
  operations: [
    {
      method: 'get',
      path: '/admin/v1/breakers',
      summary: 'Dependencies of job types, and whether they may be asked',
      success: { status: 200, description: 'By host', schema: breakerList },
    },
    {
      method: 'get',
      path: ONE,
      summary: 'One of them, with its history',
      success: { status: 200, description: 'The breaker', schema: breakerWithHistory },
    },
    set('open', 'Ask the dependency nothing: its jobs wait'),
    set('close', 'Ask it again'),
  ],
};
