import { z } from 'zod';
import { plainLine } from './common-fields.ts';
import { hasAll } from './has-all.ts';
import { tenantName } from './key-request.ts';

const MOST_SECONDS = 366 * 86_400;

const dateTime = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 date-time with a zone, e.g. 2026-11-24T10:00:00Z' });

/** Why an operator does something. */
export const reason = plainLine(300).describe('Why. Explanations show it to those whose jobs wait.');

const term = {
  reason,
  from: dateTime.optional().describe('Default: at once.'),
  until: dateTime.optional().describe('Ends by itself then. Default: when it is ended by hand.'),
  for_seconds: z.int().min(1).max(MOST_SECONDS).optional().describe('In place of until: how long, from its beginning.'),
};

const hasOneEnd = ({ until, for_seconds }: { until?: string | undefined; for_seconds?: number | undefined }): boolean =>
  until === undefined || for_seconds === undefined;
/** As JSON Schema says it. */
const BOTH_ENDS = hasAll('until', 'for_seconds');
const ONE_END = { path: ['for_seconds'], error: 'must not be given beside until' };

/** Body of POST /admin/v1/stages/{stage}/pause. */
export const stagePauseRequest = z
  .strictObject(term)
  .refine(hasOneEnd, ONE_END)
  .meta({ id: 'StagePauseRequest', not: BOTH_ENDS, examples: [{ reason: 'the printer is away', for_seconds: 60 }] });

/** Body of POST /admin/v1/pauses. */
export const pauseRequest = z
  .strictObject({
    stage: z.string().min(1).max(100).optional().describe('Name of a stage. Default: all.'),
    type: z.string().min(1).max(100).optional().describe('Job type. Default: all.'),
    tenant: tenantName.optional().describe('Default: all.'),
    ...term,
  })
  .refine(hasOneEnd, ONE_END)
  .meta({
    id: 'WorkPauseRequest',
    not: BOTH_ENDS,
    examples: [{ type: 'report', tenant: 'acme', reason: 'a wrong release', for_seconds: 60 }],
  });

export type PauseRequest = z.output<typeof pauseRequest>;

/** Body of POST /admin/v1/breakers/{breaker_id}/open and /close. */
export const breakerRequest = z
  .strictObject({ reason, until: term.until, for_seconds: term.for_seconds })
  .refine(hasOneEnd, ONE_END)
  .meta({ id: 'BreakerRequest', not: BOTH_ENDS, examples: [{ reason: 'it moves', for_seconds: 60 }] });

export type BreakerRequest = z.output<typeof breakerRequest>;

/** Body of POST /admin/v1/workers/{worker_id}/drain. */
export const drainRequest = z.strictObject({ reason }).meta({ id: 'DrainRequest', examples: [{ reason: 'new kernel' }] });
