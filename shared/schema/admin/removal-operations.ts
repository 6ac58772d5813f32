import { z } from 'zod';
import { removalPlanRequest, replayApplyRequest } from '../replay-request.ts';
import { type ApiPart, BODY_PROBLEMS, mostOf } from './api-part.ts';
import { ITEMS_QUERY, itemFields, operationFields } from './letter-operation.ts';

const removal = z.strictObject({ removal_id: z.string(), ...operationFields }).meta({ id: 'Removal' });
const removalList = z.strictObject({ removals: z.array(removal) }).meta({ id: 'RemovalList' });
const removalItems = z.strictObject({ removal_id: z.string(), ...itemFields }).meta({ id: 'RemovalItems' });

const ONE = '/admin/v1/removals/{removal_id}';
const shown = (status: number, description: string) => ({ status, description, schema: removal });

/** Removals of many dead letters: planned, applied, followed, aborted. */
export const REMOVALS: ApiPart = {
  requests: { RemovalPlanRequest: removalPlanRequest, ReplayApplyRequest: replayApplyRequest },
  responses: { Removal: removal, RemovalItems: removalItems, RemovalList: removalList },
  operations: [
    {
      method: 'post',
      path: '/admin/v1/removals',
      summary: 'Plan the removal of many dead letters; nothing is removed yet',
      body: { schema: removalPlanRequest },
      success: shown(201, 'The plan, with the digest that applies it'),
      problems: BODY_PROBLEMS,
    },
    {
      method: 'get',
      path: '/admin/v1/removals',
      summary: 'Removals, newest first',
      query: mostOf(50, 20),
      success: { status: 200, description: 'Of the last 30 days', schema: removalList },
      problems: [400],
    },
    { method: 'get', path: ONE, summary: 'One removal', success: shown(200, 'The removal') },
    {
      method: 'get',
      path: `${ONE}/items`,
      summary: 'Its jobs, in the order in which they are removed',
      query: ITEMS_QUERY,
      success: { status: 200, description: 'One page', schema: removalItems },
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
