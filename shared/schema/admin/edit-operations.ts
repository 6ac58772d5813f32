import { z } from 'zod';
import { editRequest, jsonValue } from '../edit-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links } from './api-part.ts';

const patch = z
  .array(z.looseObject({ op: z.string(), path: z.string() }))
  .describe('JSON Patch (RFC 6902) from {"input": ..., "options": ...} as they were to what they became.');

const editedReplay = z
  .strictObject({ job_id: z.string(), edit_id: z.string(), run: z.int(), gen: z.int(), patch, links })
  .meta({ id: 'EditedReplay' });

const editList = z
  .strictObject({
    job_id: z.string(),
    edits: z.array(
      z.strictObject({
        edit_id: z.string(),
        by: z.string(),
        at: dateTime,
        note: z.string().optional(),
        run: z.int().describe('The run that the replay begins.'),
        outcome: z.enum(['replayed', 'unknown']),
        patch,
        original: z.looseObject({ input: z.unknown(), options: z.unknown() }),
      }),
    ),
  })
  .meta({ id: 'EditList' });

/** Dead letters replayed with another payload. */
export const EDITS: ApiPart = {
  requests: { EditRequest: editRequest, JsonValue: jsonValue },
  responses: { EditedReplay: editedReplay, EditList: editList },
  operations: [
    {
      method: 'post',
      path: '/admin/v1/jobs/{job_id}/edit-and-replay',
      summary: 'Change what a dead letter was given, and replay it',
      body: { schema: editRequest },
      success: { status: 202, description: 'The replay, and what was changed', schema: editedReplay },
      problems: [...BODY_PROBLEMS, 409, 412],
    },
    {
      method: 'get',
      path: '/admin/v1/jobs/{job_id}/edits',
      summary: 'What operators have changed of a job',
      success: { status: 200, description: 'Oldest first, at most 100', schema: editList },
    },
  ],
};
