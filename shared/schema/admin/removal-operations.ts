import { z } from 'zod';
import { removalPlanRequest, replayApplyRequest } from '../replay-request.ts';
import type { ApiPart } from './api-part.ts';
import { itemFields, letterOperations, operationFields } from './letter-operation.ts';

const removal = z.strictObject({ removal_id: z.string(), ...operationFields }).meta({ id: 'Removal' });
const removalList = z.strictObject({ removals: z.array(removal) }).meta({ id: 'RemovalList' });
const removalItems = z.strictObject({ removal_id: z.string(), ...itemFields }).meta({ id: 'RemovalItems' });

/** Removals of many dead letters: planned, applied, followed, aborted. */
export const REMOVALS: ApiPart = {
  requests: { RemovalPlanRequest: removalPlanRequest, ReplayApplyRequest: replayApplyRequest },
  responses: { Removal: removal, RemovalItems: removalItems, RemovalList: removalList },
  operations: letterOperations({
    kind: 'removal',
    done: 'removed',
    plan: { summary: 'Plan the removal of many dead letters; nothing is removed yet', body: { schema: removalPlanRequest } },
    one: removal,
    list: removalList,
    items: removalItems,
  }),
};
