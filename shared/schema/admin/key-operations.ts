import { z } from 'zod';
import { SCOPES } from '../../domain/access.ts';
import { keyRequest, rotateRequest, TENANT_NAME } from '../key-request.ts';
import { pageParameters } from '../parameters.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links, nextPage } from './api-part.ts';

const keyFields = {
  key_id: z.string(),
  name: z.string(),
  tenant: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  state: z.enum(['active', 'revoked', 'expired']),
  rate_limit: z.strictObject({ requests_per_second: z.number(), burst: z.int() }).optional(),
  created_at: dateTime,
  expire_at: dateTime.optional(),
  rotated_at: dateTime.optional(),
  old_secret_until: dateTime.optional().describe('Until then the secret before the rotation is good as well.'),
  revoked_at: dateTime.optional(),
  last_used_at: dateTime.optional(),
  links,
};

const apiKey = z.strictObject(keyFields).meta({ id: 'ApiKey' });
const issuedKey = z
  .strictObject({ ...keyFields, key: z.string().describe('The whole key: it is shown here and never again.') })
  .meta({ id: 'IssuedKey' });
const keyList = z.strictObject({ keys: z.array(apiKey), next_page_token: nextPage }).meta({ id: 'ApiKeyList' });

const auditList = z
  .strictObject({
    entries: z.array(
      z.strictObject({
        entry_id: z.string(),
        at: dateTime,
        tenant: z.string(),
        key_id: z.string().optional(),
        key_name: z.string().optional(),
        action: z.string(),
        target: z.string().optional(),
        jobs: z.int().optional(),
        status: z.int(),
        client: z.string(),
        trace_id: z.string(),
      }),
    ),
    next_page_token: nextPage,
  })
  .meta({ id: 'AuditList' });

const ONE = '/admin/v1/keys/{key_id}';
const word = (description: string) => ({ description, schema: { minLength: 1, maxLength: 100 } });
const moment = (description: string) => ({ description, schema: { format: 'date-time' } });
const tenant = { description: 'Tenant', schema: { pattern: TENANT_NAME.source } };

/** API keys, and the log of who changed what. */
export const KEYS: ApiPart = {
  requests: { KeyRequest: keyRequest, RotateRequest: rotateRequest },
  responses: { ApiKey: apiKey, ApiKeyList: keyList, AuditList: auditList, IssuedKey: issuedKey },
  operations: [
    {
      method: 'post',
      path: '/admin/v1/keys',
      summary: 'Make an API key',
      body: { schema: keyRequest },
      success: { status: 201, description: 'The key', schema: issuedKey },
      problems: [...BODY_PROBLEMS, 409],
    },
    {
      method: 'get',
      path: '/admin/v1/keys',
      summary: 'API keys, newest first, without their secrets',
      query: { tenant, ...pageParameters('Keys') },
      success: { status: 200, description: 'One page', schema: keyList },
      problems: [400],
    },
    { method: 'get', path: ONE, summary: 'One key, without its secret', success: { status: 200, description: 'The key', schema: apiKey } },
    {
      method: 'post',
      path: `${ONE}/rotate`,
      summary: 'Give it a new secret; the old one stays good for a while',
      body: { schema: rotateRequest, isOptional: true },
      success: { status: 200, description: 'The key with its new secret', schema: issuedKey },
      problems: [...BODY_PROBLEMS, 409],
    },
    {
      method: 'post',
      path: `${ONE}/revoke`,
      summary: 'End it, within 5 s everywhere; repeating it is harmless',
      success: { status: 200, description: 'The key', schema: apiKey },
    },
    {
      method: 'get',
      path: '/admin/v1/audit',
      summary: 'Who changed what, newest first',
      query: {
        tenant,
        key_id: word('Id of the key'),
        action: word('E.g. job.cancel'),
        target: word('Id of what it was done to'),
        from: moment('At this moment or later'),
        until: moment('Before this moment'),
        ...pageParameters('Entries'),
      },
      success: { status: 200, description: 'One page', schema: auditList },
      problems: [400],
    },
  ],
};
