import { z } from 'zod';
import { DEFAULT_TENANT, SCOPES } from '../domain/access.ts';
import { plainLine } from './common-fields.ts';

const DAY_S = 86_400;

/** What the name of a tenant is made of. */
export const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Name of a tenant, as keys and filters give it. */
export const tenantName = z.string().regex(TENANT_NAME, 'must be 1 to 63 of A-Z a-z 0-9 . _ -');

/** Body of POST /admin/v1/keys. */
export const keyRequest = z
  .strictObject({
    name: plainLine(100)
      .regex(/^(?!.*pk_[0-9a-z]{16}_)/, 'must not contain a key')
      .describe('Who or what it is for.'),
    tenant: tenantName.default(DEFAULT_TENANT),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .transform((scopes) => [...new Set(scopes)]),
    expires_in_days: z.int().min(1).max(3_650).optional().describe('Default: never.'),
    rate_limit: z
      .strictObject({ requests_per_second: z.number().min(0.01).max(100_000), burst: z.int().min(1).max(1_000_000) })
      .optional()
      .describe("A limit of the key's own, in place of its tenant's."),
  })
  .meta({ id: 'KeyRequest', examples: [{ name: 'the shop', tenant: 'acme', scopes: ['submit', 'read'], expires_in_days: 90 }] });

/** Body of POST /admin/v1/keys/{key_id}/rotate; may be left out. */
export const rotateRequest = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * DAY_S)
      .default(DAY_S)
      .describe('How long the old secret stays good.'),
  })
  .meta({ id: 'RotateRequest', examples: [{ overlap_seconds: 3_600 }] });
