import { z } from 'zod';
import { healthReport, problem } from '../job-responses.ts';
import type { ApiPart } from './api-part.ts';

const share = z.number().min(0).max(1).nullable().describe('null: nothing has ended yet.');
const milliseconds = z.int().min(0).nullable();

const etaFigures = z
  .strictObject({
    ended: z.strictObject({ by_p50: z.int(), by_p90: z.int(), later: z.int() }),
    within_p50: share,
    within_p90: share,
    remembered: z.int().min(0),
    groups: z.array(z.strictObject({ group: z.string(), ratios: z.int(), scale: z.strictObject({ p50: z.number(), p90: z.number() }) })),
    sample: z.strictObject({ age_ms: milliseconds, took_ms: milliseconds, failures: z.int().min(0) }),
  })
  .meta({ id: 'EtaFigures' });

const anything = z.looseObject({});
const health = (path: string, summary: string, description: string) => {
  return { method: 'get', path, summary, success: { status: 200, description, schema: healthReport } } as const;
};

/** What an app says of itself. */
export const ADMIN_META: ApiPart = {
  requests: {},
  responses: { EtaFigures: etaFigures, HealthReport: healthReport, Problem: problem },
  operations: [
    {
      method: 'get',
      path: '/admin/v1/eta',
      summary: 'How well the expected ends that this gateway tells come true',
      success: { status: 200, description: 'Since it started', schema: etaFigures },
    },
    {
      method: 'get',
      path: '/metrics',
      summary: 'Metrics of this gateway, for Prometheus',
      success: { status: 200, description: 'In the text format', mediaType: 'text/plain' },
    },
    {
      method: 'get',
      path: '/',
      summary: 'Paths of the control plane',
      success: { status: 200, description: 'Paths', schema: anything },
    },
    {
      method: 'get',
      path: '/openapi.json',
      summary: 'This document',
      success: { status: 200, description: 'OpenAPI 3.1', schema: anything },
    },
    {
      method: 'get',
      path: '/errors/{code}',
      summary: 'What an error code means',
      success: { status: 200, description: 'Description', schema: anything },
    },
    health('/livez', 'Whether the process is alive', 'Alive'),
    health('/readyz', 'Whether it can take requests', 'Ready, or degraded'),
    health('/startupz', 'Whether it has started', 'Started'),
  ],
};
