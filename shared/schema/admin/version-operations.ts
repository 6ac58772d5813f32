import { z } from 'zod';
import type { ApiPart } from './api-part.ts';

const version = z.strictObject({
  version: z.int().min(1),
  is_newest: z.boolean(),
  is_known: z.boolean().describe('By this gateway.'),
  stages: z.array(z.string()),
  active: z.int().min(0).describe('Jobs that have not ended.'),
  dead_letters: z.int().min(0),
  may_be_removed: z.boolean(),
  needed_because: z.array(z.string()),
});

const versionList = z
  .strictObject({ types: z.array(z.strictObject({ type: z.string(), versions: z.array(version) })) })
  .meta({ id: 'VersionList' });

/** Versions of job types. */
export const VERSIONS: ApiPart = {
  requests: {},
  responses: { VersionList: versionList },
  operations: [
    {
      method: 'get',
      path: '/admin/v1/versions',
      summary: 'Versions of job types: which of them jobs still need, and which may be removed',
      success: { status: 200, description: 'By type, the newest version first', schema: versionList },
    },
  ],
};
