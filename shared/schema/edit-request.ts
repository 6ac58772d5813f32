import { z } from 'zod';
import { hasAll } from './has-all.ts';

const MOST_OPERATIONS = 1_000;
const pointer = z.string().max(10_000);

/** Any JSON: named, since it is said of itself. */
export const jsonValue = z.json().register(z.globalRegistry, { id: 'JsonValue' });

const operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['add', 'replace', 'test']), path: pointer, value: jsonValue }),
  z.strictObject({ op: z.literal('remove'), path: pointer }),
  z.strictObject({ op: z.enum(['move', 'copy']), from: pointer, path: pointer }),
]);

/** Body of POST /admin/v1/jobs/{job_id}/edit-and-replay. */
export const editRequest = z
  .strictObject({
    gen: z.int().min(1).describe('Generation of the dead letter that was looked at: an edit of another is refused.'),
    patch: z.array(operation).min(1).max(MOST_OPERATIONS).optional().describe('JSON Patch (RFC 6902) of {"input": ..., "options": ...}.'),
    merge_patch: z
      .strictObject({ input: jsonValue.optional(), options: jsonValue.optional() })
      .optional()
      .describe('JSON Merge Patch (RFC 7396) of the same.'),
    from: z.enum(['failed_stage', 'beginning']).default('beginning').describe('Earlier stages have seen the payload as it was.'),
    note: z.string().min(1).max(500).optional(),
  })
  .refine(({ patch, merge_patch }) => (patch === undefined) !== (merge_patch === undefined), {
    path: ['patch'],
    error: 'must be given, or merge_patch, and not both',
  })
  .meta({
    id: 'EditRequest',
    oneOf: [hasAll('patch'), hasAll('merge_patch')],
    examples: [{ gen: 1, patch: [{ op: 'replace', path: '/input/rows/0/price', value: 10 }], note: 'a price of 0' }],
  });
