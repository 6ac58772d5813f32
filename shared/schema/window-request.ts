import { z } from 'zod';
import { WEEKDAYS, WINDOW_EFFECTS } from '../domain/windows/calendar-window.ts';
import { plainLine, timeZone } from './common-fields.ts';
import { hasAll } from './has-all.ts';
import { tenantName } from './key-request.ts';

const LONGEST_SECONDS = 31 * 86_400;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const END = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;
const name = z.string().min(1).max(100);

/** The name of a window, in a path and in `off_peak`. */
export const WINDOW_NAME = /^[a-z0-9][a-z0-9-]{0,49}$/;

const SELECTING = ['stage', 'type', 'tenant'] as const;
const RELEASING = ['types', 'per_second', 'batch'] as const;
/** Fields that mean nothing with an effect. */
const NOT_WITH = { off_peak: SELECTING, stop: RELEASING, start: RELEASING, slow: ['type', 'tenant', 'types', 'batch'] } as const;

/** Body of PUT /admin/v1/windows/{window_name}. */
export const windowRequest = z
  .strictObject({
    effect: z.enum(WINDOW_EFFECTS),
    weekdays: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .refine((days) => new Set(days).size === days.length, 'must not have a day twice')
      .optional()
      .describe('Of the day on which it begins. Default: all.'),
    from: z.string().regex(TIME, 'must be HH:MM, 00:00 to 23:59').optional(),
    until: z.string().regex(END, 'must be HH:MM, 00:00 to 24:00').optional(),
    cron: z.string().min(1).max(200).optional().describe('In place of weekdays, from and until: when it begins.'),
    duration_seconds: z.int().min(1).max(LONGEST_SECONDS).optional().describe('With cron.'),
    time_zone: timeZone,
    reason: plainLine(300),
    stage: name.optional(),
    type: name.optional(),
    tenant: tenantName.optional(),
    types: z.array(name).min(1).max(100).optional().describe('With off_peak. Default: all types.'),
    per_second: z
      .number()
      .min(0.001)
      .max(10_000)
      .optional()
      .describe('With off_peak: jobs released a second, default all at once. With slow: jobs of the stage that start a second.'),
    batch: z.int().min(1).max(500).optional().describe('With off_peak: jobs released together for handlers that take batches; 100.'),
  })
  .superRefine((request, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const { cron, effect, from, until, duration_seconds: seconds } = request;
    if ((cron === undefined) === (from === undefined || until === undefined))
      context.addIssue({ code: 'custom', message: 'must have either from and until, or cron and duration_seconds' });
    if ((cron === undefined) !== (seconds === undefined)) wrong('duration_seconds', 'must be given with cron, and only with it');
    for (const field of ['weekdays', 'from', 'until'] as const)
      if (cron !== undefined && request[field] !== undefined) wrong(field, 'must not be given beside cron');
    for (const field of NOT_WITH[effect]) if (request[field] !== undefined) wrong(field, `must not be given with the effect ${effect}`);
    for (const field of effect === 'slow' ? (['stage', 'per_second'] as const) : [])
      if (request[field] === undefined) wrong(field, 'is required with the effect slow');
  })
  .meta({
    id: 'WindowRequest',
    oneOf: [hasAll('from', 'until'), hasAll('cron', 'duration_seconds')],
    examples: [{ effect: 'off_peak', from: '22:00', until: '06:00', time_zone: 'Europe/Berlin', reason: 'cheap power' }],
  });

export type WindowRequest = z.output<typeof windowRequest>;

/** Body of POST /admin/v1/windows/{window_name}/skip; may be left out. */
export const skipRequest = z
  .strictObject({
    from: z.iso
      .datetime({ offset: true, error: 'must be an RFC 3339 date-time with a zone, e.g. 2026-11-24T10:00:00Z' })
      .optional()
      .describe('Beginning of the occurrence. Default: the one that is, or the next.'),
  })
  .meta({ id: 'SkipRequest', examples: [{}, { from: '2150-01-01T22:00:00Z' }] });
