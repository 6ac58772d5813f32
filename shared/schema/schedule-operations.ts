import { TICK_STATES } from '../domain/schedule/schedule.ts';
import { idempotencyKey, pageParameters } from './parameters.ts';
import {
  backfillAnswer,
  backfillRequest,
  pauseRequest,
  scheduleList,
  schedulePreview,
  scheduleRequest,
  scheduleResource,
  tickList,
  tickResource,
} from './schedule-request.ts';

const IF_MATCH = { 'If-Match': 'ETag of GET /v1/schedules/{schedule_id}: only while it still is as it was read; else 412.' };
const BODY_PROBLEMS = [400, 408, 413, 415, 422] as const;
const PREVIEW = {
  count: { description: 'Runs', schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 } },
  after: { description: 'Runs after this instant; default: now', schema: { format: 'date-time' } },
};
const ONE = '/v1/schedules/{schedule_id}';
const schedule = (status: number, description: string) => ({ status, description, schema: scheduleResource });

/** Operations on user schedules, as `Operation` of operations.ts. */
export const SCHEDULE_OPERATIONS = [
  {
    method: 'post',
    path: '/v1/schedules',
    summary: 'Make a schedule: a cron expression or an interval, and the job that each tick makes',
    headers: { 'Idempotency-Key': idempotencyKey('The same key and body give the same schedule; the same key and another body 422.') },
    body: { schema: scheduleRequest },
    success: schedule(201, 'The schedule; 200 for a repeat with the same key'),
    also: { 200: 'The schedule that an earlier request with this key has made' },
    problems: [...BODY_PROBLEMS, 409],
  },
  {
    method: 'post',
    path: '/v1/schedules:preview',
    summary: 'The next runs of a schedule that is not stored',
    query: PREVIEW,
    body: { schema: scheduleRequest },
    success: { status: 200, description: 'The runs, with what changes of the clocks do', schema: schedulePreview },
    problems: BODY_PROBLEMS,
  },
  {
    method: 'get',
    path: '/v1/schedules',
    summary: 'List schedules, newest first',
    query: pageParameters('Schedules'),
    success: { status: 200, description: 'One page; `Link: rel="next"` leads on', schema: scheduleList },
    problems: [400],
  },
  { method: 'get', path: ONE, summary: 'A schedule', success: schedule(200, 'The schedule, with an ETag') },
  {
    method: 'put',
    path: ONE,
    summary: 'Say a schedule anew; what was due before is decided as it was then',
    headers: IF_MATCH,
    body: { schema: scheduleRequest },
    success: schedule(200, 'The schedule'),
    problems: [...BODY_PROBLEMS, 409, 412, 428],
  },
  {
    method: 'delete',
    path: ONE,
    summary: 'Remove a schedule with its ledger; its jobs stay',
    headers: IF_MATCH,
    success: { status: 204, description: 'It is gone' },
    problems: [409, 412],
  },
  {
    method: 'post',
    path: `${ONE}/pause`,
    summary: 'Pause, for good or until an instant; its ticks are skipped',
    headers: IF_MATCH,
    body: { schema: pauseRequest, isOptional: true },
    success: schedule(200, 'The schedule'),
    problems: [...BODY_PROBLEMS, 409, 412],
  },
  {
    method: 'post',
    path: `${ONE}/resume`,
    summary: 'End a pause; repeating it is harmless',
    headers: IF_MATCH,
    success: schedule(200, 'The schedule'),
    problems: [409, 412],
  },
  {
    method: 'post',
    path: `${ONE}/run`,
    summary: 'Run it once, now, whatever its policies say',
    headers: { 'Idempotency-Key': idempotencyKey('The same key gives the same run.') },
    success: { status: 202, description: 'The tick, with its job or the reason why there is none', schema: tickResource },
    problems: [400, 409],
  },
  {
    method: 'post',
    path: `${ONE}/backfill`,
    summary: 'Make the jobs of past instants that have none',
    body: { schema: backfillRequest },
    success: { status: 202, description: 'How many', schema: backfillAnswer },
    problems: [...BODY_PROBLEMS, 409],
  },
  {
    method: 'get',
    path: `${ONE}/preview`,
    summary: 'The next runs, with what changes of the clocks do',
    query: PREVIEW,
    success: { status: 200, description: 'The runs', schema: schedulePreview },
    problems: [400],
  },
  {
    method: 'get',
    path: `${ONE}/ticks`,
    summary: 'The ledger: every tick, its job, or why there is none; newest instant first',
    query: { ...pageParameters('Ticks'), state: { description: 'State of the tick', schema: { enum: TICK_STATES } } },
    success: { status: 200, description: 'One page; `Link: rel="next"` leads on', schema: tickList },
    problems: [400],
  },
] as const;
