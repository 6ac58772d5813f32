import { z } from 'zod';
import { WEEKDAYS, WINDOW_EFFECTS } from '../../domain/windows/calendar-window.ts';
import { dateTime, links } from './api-part.ts';

const effect = z.enum(WINDOW_EFFECTS);
const occurrence = { from: dateTime, until: dateTime };

/** A window as it is answered. */
export const window = z
  .strictObject({
    window: z.string(),
    effect,
    weekdays: z.array(z.enum(WEEKDAYS)).optional(),
    from: z.string().optional(),
    until: z.string().optional(),
    cron: z.string().optional().describe('In place of weekdays, from and until.'),
    duration_seconds: z.int().min(1).optional(),
    time_zone: z.string(),
    stage: z.string().optional(),
    type: z.string().optional(),
    tenant: z.string().optional(),
    types: z.array(z.string()).optional(),
    per_second: z.number().optional(),
    batch: z.int().min(1).optional(),
    reason: z.string(),
    by: z.string(),
    revision: z.int().min(1),
    created_at: dateTime,
    updated_at: dateTime,
    is_open: z.boolean(),
    occurrences: z.array(z.strictObject(occurrence)).describe('The next five that are not over.'),
    skipped: z.array(dateTime).describe('Beginnings of those that were called off and are to come.'),
    links,
  })
  .meta({ id: 'Window' });

/** All windows. */
export const windowList = z.strictObject({ windows: z.array(window) }).meta({ id: 'WindowList' });

/** What is to come of all windows. */
export const upcomingWindows = z
  .strictObject({ occurrences: z.array(z.strictObject({ window: z.string(), effect, reason: z.string(), ...occurrence, links })) })
  .meta({ id: 'UpcomingWindows' });

const jobs = { scheduled: z.int().min(0).describe('Not released yet.'), queued: z.int().min(0) };

/** What waits for an off-peak window. */
export const windowForecast = z
  .strictObject({
    window: z.string(),
    as_of: dateTime,
    is_open: z.boolean(),
    opens_at: dateTime.optional(),
    closes_at: dateTime.optional(),
    ...jobs,
    per_second: z.number().optional().describe('Absent: all at once.'),
    release_seconds: z.int().min(0),
    occurrences: z.int().min(0).describe('How many of them it takes.'),
    last_release_at: dateTime.optional(),
    types: z.array(z.strictObject({ type: z.string(), ...jobs, p90_seconds: z.number().optional().describe('Of a job, where known.') })),
    links,
  })
  .meta({ id: 'WindowForecast' });
