import { z } from 'zod';
import { ASKED_LANES } from '../domain/job.ts';
import { MOST_DUE } from '../domain/schedule/due-ticks.ts';
import { CATCH_UP_POLICIES, OVERLAP_POLICIES, TICK_STATES } from '../domain/schedule/schedule.ts';
import { plainLine, tagsBeside, timeZone } from './common-fields.ts';
import { hasAll } from './has-all.ts';
import { offPeak } from './job-request.ts';

const YEAR_S = 366 * 86_400;
const FIRST = Date.UTC(2000, 0, 1);
const LAST = Date.UTC(2200, 0, 1);

/** An instant as schedules take it. */
const moment = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 date-time with a zone, e.g. 2026-11-24T10:00:00Z' })
  .refine((text) => Date.parse(text) >= FIRST && Date.parse(text) < LAST, 'must be between the years 2000 and 2200');

const scheduledJob = z.strictObject({
  type: z.string().min(1).max(100).describe('Job type.'),
  input: z
    .unknown()
    .refine((input) => input !== undefined, 'is required')
    .describe('As of POST /v1/jobs; {{placeholders}} in its strings are filled in for each tick (docs/schedules.md).'),
  options: z.unknown().optional().describe('The same.'),
  lane: z.enum(ASKED_LANES).default('standard'),
  max_attempts: z.int().min(1).max(25).optional(),
  off_peak: offPeak.optional(),
  tags: tagsBeside(1).optional().describe('Beside `schedule:<id>`, which every job of a schedule has.'),
  deadline_after_seconds: z.int().min(1).max(YEAR_S).optional().describe("The job's deadline_at, counted from the tick."),
});

const catchUp = z
  .strictObject({
    policy: z.enum(CATCH_UP_POLICIES).default('skip').describe('Of ticks that were missed run none, the newest, or the newest `max`.'),
    max: z.int().min(1).max(MOST_DUE).default(100).describe('With `all`.'),
    grace_seconds: z.int().min(0).max(86_400).default(60).describe('A tick that is handled later than this was missed.'),
  })
  .prefault({});

/** Body of POST /v1/schedules and of PUT /v1/schedules/{schedule_id}. */
export const scheduleRequest = z
  .strictObject({
    name: plainLine(200),
    cron: z.string().min(1).max(200).optional().describe('5 fields (minute hour day month weekday), or 6 with seconds first.'),
    interval_seconds: z.int().min(1).max(YEAR_S).optional().describe('Instead of cron: real seconds, counted from start_at.'),
    time_zone: timeZone,
    job: scheduledJob,
    catch_up: catchUp,
    overlap: z.enum(OVERLAP_POLICIES).default('allow').describe('Of a tick while the job of one before is at work.'),
    start_at: moment.optional().describe('The first instant that may tick.'),
    end_at: moment.optional().describe('The first instant that may not tick any more.'),
  })
  .superRefine(({ cron, interval_seconds, start_at, end_at }, context) => {
    if ((cron === undefined) === (interval_seconds === undefined))
      context.addIssue({ code: 'custom', message: 'must have exactly one of cron and interval_seconds' });
    if (start_at !== undefined && end_at !== undefined && Date.parse(end_at) <= Date.parse(start_at))
      context.addIssue({ code: 'custom', path: ['end_at'], message: 'must be after start_at' });
  })
  .meta({
    id: 'ScheduleRequest',
    // Exactly one of them; by `oneOf`, tools that make clients would make a type of each.
    if: hasAll('cron'),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { not: hasAll('interval_seconds') },
    else: hasAll('interval_seconds'),
    examples: [
      {
        name: 'Sales of the day',
        cron: '0 6 * * *',
        time_zone: 'Europe/Berlin',
        job: { type: 'report', input: { rows: [{ city: 'Wien', price: 10 }] }, options: { title: 'Sales' } },
      },
    ],
  });

export type ScheduleRequest = z.output<typeof scheduleRequest>;

/** Body of POST /v1/schedules/{schedule_id}/pause; may be left out. */
export const pauseRequest = z
  .strictObject({ until: moment.optional().describe('Ends by itself then; default: when somebody resumes.') })
  .meta({ id: 'PauseRequest', examples: [{ until: '2150-01-01T00:00:00Z' }] });

/** Body of POST /v1/schedules/{schedule_id}/backfill. */
export const backfillRequest = z
  .strictObject({ from: moment, until: moment.describe('The first instant that is not looked at any more; at most now.') })
  .refine(({ from, until }) => Date.parse(until) > Date.parse(from), { path: ['until'], message: 'must be after from' })
  .meta({ id: 'BackfillRequest', examples: [{ from: '2026-01-01T00:00:00Z', until: '2026-01-03T00:00:00Z' }] });

const dateTime = z.iso.datetime();
const links = z.record(z.string(), z.string()).describe('Relation → path.');

const scheduleFields = {
  schedule_id: z.uuid(),
  name: z.string(),
  state: z.enum(['active', 'paused', 'ended']),
  words: z.string().describe('When it ticks, in English.'),
  cron: z.string().optional(),
  interval_seconds: z.int().optional(),
  time_zone: z.string(),
  start_at: dateTime.optional(),
  end_at: dateTime.optional(),
  paused_until: dateTime.optional(),
  catch_up: z.strictObject({ policy: z.enum(CATCH_UP_POLICIES), max: z.int(), grace_seconds: z.int() }),
  overlap: z.enum(OVERLAP_POLICIES),
  job: z.looseObject({ type: z.string() }),
  revision: z.int().describe('+1 a change.'),
  created_at: dateTime,
  updated_at: dateTime,
  links,
};

/** A schedule, without what changes with every tick: its ETag is good until somebody changes it. */
export const scheduleResource = z.strictObject(scheduleFields).meta({ id: 'Schedule' });

/** One page of schedules. */
export const scheduleList = z
  .strictObject({
    schedules: z.array(z.strictObject({ ...scheduleFields, next_tick_at: dateTime.optional(), waiting: z.int().min(0) })),
    next_page_token: z.string().optional(),
  })
  .meta({ id: 'ScheduleList' });

const tickFields = {
  tick_id: z.string(),
  scheduled_at: dateTime,
  kind: z.enum(['scheduled', 'backfill', 'manual', 'gap']),
  state: z.enum(TICK_STATES),
  reason: z.string().optional().describe('Why there is no job.'),
  detail: z.string().optional(),
  last_at: dateTime.optional().describe('Of kind gap: the last instant of the stretch.'),
  job_id: z.uuid().optional(),
  decided_at: dateTime,
  links,
};

/** A line of the ledger. */
export const tickResource = z.strictObject(tickFields).meta({ id: 'Tick' });

/** One page of a ledger. */
export const tickList = z
  .strictObject({ ticks: z.array(z.strictObject(tickFields)), next_page_token: z.string().optional() })
  .meta({ id: 'TickList' });

/** Runs to come. */
export const schedulePreview = z
  .strictObject({
    words: z.string(),
    runs: z.array(z.strictObject({ scheduled_at: dateTime, local: z.string(), warning: z.string().optional() })),
    warnings: z.array(z.string()).describe('Changes of the clocks in this time.'),
  })
  .meta({ id: 'SchedulePreview' });

/** What a backfill does. */
export const backfillAnswer = z
  .strictObject({
    runs: z.int().min(0).describe('Instants that make a job by it.'),
    already_run: z.int().min(0),
    first_at: dateTime.optional(),
    last_at: dateTime.optional(),
    is_more: z.boolean().describe('The range has more than 1,000 instants: go on after last_at.'),
    links,
  })
  .meta({ id: 'BackfillAnswer' });
