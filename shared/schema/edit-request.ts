import { z } from 'zod';

const MOST_OPERATIONS = 1_000;
const pointer = z.string().max(10_000);
const operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['add', 'replace', 'test']), path: pointer, value: z.json() }),
  z.strictObject({ op: z.literal('remove'), path: pointer }),
  z.strictObject({ op: z.enum(['move', 'copy']), from: pointer, path: pointer }),
]);

/** Body of POST /admin/v1/dead-letters/{job_id}/edit-and-replay. */
export const editRequest = z
  .strictObject({
    gen: z.int().min(1).describe('Generation of the dead letter that was looked at: an edit of another is refused.'),
    patch: z.array(operation).min(1).max(MOST_OPERATIONS).optional().describe('JSON Patch (RFC 6902) of {"input": ..., "options": ...}.'),
    merge_patch: z
      .strictObject({ input: z.json().optional(), options: z.json().optional() })
      .optional()
      .describe('JSON Merge Patch (RFC 7396) of the same.'),
    from: z.enum(['failed_stage', 'beginning']).default('beginning').describe('Earlier stages have seen the payload as it was.'),
    note: z.string().min(1).max(500).optional(),
  })
  .refine(({ patch, merge_patch }) => (patch === undefined) !== (merge_patch === undefined), {
    path: ['patch'],
    error: 'must be given, or merge_patch, and not both',
  });
