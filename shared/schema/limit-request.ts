import { z } from 'zod';
import { reason } from './control-request.ts';
import { hasAll } from './has-all.ts';
import { CONCURRENCY_KEY } from './job-request.ts';
import { tenantName } from './key-request.ts';

/** Body of PUT /admin/v1/limits. */
export const limitRequest = z
  .strictObject({
    stage: z.string().min(1).max(100).optional(),
    tenant: tenantName.optional(),
    key: CONCURRENCY_KEY.optional(),
    concurrency: z.int().min(1).max(10_000).optional(),
    starts_per_second: z.number().min(0.01).max(10_000).optional(),
    reason,
  })
  .superRefine(({ stage, tenant, key, concurrency, starts_per_second: rate }, context) => {
    if ((stage === undefined) === (tenant === undefined))
      context.addIssue({ code: 'custom', message: 'must name either a stage or a tenant' });
    if (concurrency === undefined && rate === undefined) {
      context.addIssue({ code: 'custom', path: ['concurrency'], message: 'must be given, or starts_per_second, or both' });
    }
    if (key !== undefined && tenant === undefined) {
      context.addIssue({ code: 'custom', path: ['key'], message: 'must come with the tenant whose key it is' });
    }
  })
  .meta({
    id: 'LimitRequest',
    oneOf: [
      { ...hasAll('stage'), not: { anyOf: [hasAll('tenant'), hasAll('key')] } },
      { ...hasAll('tenant'), not: hasAll('stage') },
    ],
    anyOf: [hasAll('concurrency'), hasAll('starts_per_second')],
    examples: [{ tenant: 'acme', concurrency: 4, reason: 'it takes all workers' }],
  });

export type LimitRequest = z.output<typeof limitRequest>;

const weight = z.int().min(1).max(1_000);

/** Body of PUT /admin/v1/lanes. */
export const laneWeightsRequest = z
  .strictObject({ weights: z.strictObject({ express: weight, standard: weight, bulk: weight, overflow: weight }), reason })
  .meta({
    id: 'LaneWeightsRequest',
    examples: [{ weights: { express: 8, standard: 4, bulk: 2, overflow: 1 }, reason: 'the night of the prices' }],
  });
