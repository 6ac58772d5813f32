import { z } from 'zod';
import { ASKED_LANES, JOB_STATES } from '../domain/job.ts';
import { jobStatus } from './job-responses.ts';

const MOST_JOBS = 1_000;

const jobId = z.uuid('must be the id of a job');
const requestId = z.string().max(100).optional().describe('Comes back in the answer.');
const filterName = z.string().min(1).max(50).describe('Names the filter in what is sent for it.');

/** Which jobs a filter is for; all present parts must hold. */
export const jobFilter = z
  .strictObject({
    name: filterName,
    type: z.string().min(1).max(100).optional(),
    state: z.enum(JOB_STATES).optional().describe('State that a job comes to, or is in when its progress is told.'),
    lane: z.enum(ASKED_LANES).optional(),
  })
  .meta({ id: 'JobFilter' });

const subscribe = z
  .strictObject({
    type: z.literal('subscribe'),
    request_id: requestId,
    jobs: z
      .array(z.strictObject({ job_id: jobId, after: z.string().max(100).optional().describe('Id of the last event that you have had.') }))
      .min(1)
      .max(MOST_JOBS)
      .optional(),
    filter: jobFilter.optional(),
  })
  .superRefine(({ jobs, filter }, context) => {
    if ((jobs === undefined) === (filter === undefined))
      context.addIssue({ code: 'custom', message: 'must have exactly one of jobs and filter' });
  })
  .meta({ oneOf: [{ required: ['jobs'] }, { required: ['filter'] }] });

const unsubscribe = z
  .strictObject({
    type: z.literal('unsubscribe'),
    request_id: requestId,
    job_ids: z.array(jobId).min(1).max(MOST_JOBS).optional(),
    filter: filterName.optional(),
  })
  .superRefine(({ job_ids, filter }, context) => {
    if ((job_ids === undefined) === (filter === undefined))
      context.addIssue({ code: 'custom', message: 'must have exactly one of job_ids and filter' });
  })
  .meta({ oneOf: [{ required: ['job_ids'] }, { required: ['filter'] }] });

const ping = z.strictObject({ type: z.literal('ping'), request_id: requestId });

/** What a client may send over /v1/ws. */
export const clientMessage = z.discriminatedUnion('type', [subscribe, unsubscribe, ping], {
  error: 'must be subscribe, unsubscribe or ping',
});

export type JobFilterRequest = z.output<typeof jobFilter>;
export type ClientMessage = z.output<typeof clientMessage>;

const answer = { request_id: requestId };

/** What a client is sent over /v1/ws. */
export const serverMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('subscribed'), ...answer, job_ids: z.array(jobId).optional(), filter: z.string().optional() }),
  z.strictObject({
    type: z.literal('unsubscribed'),
    ...answer,
    job_ids: z.array(jobId).optional(),
    filter: z.string().optional(),
    reason: z.enum(['asked', 'ended', 'removed']),
  }),
  z.strictObject({ type: z.literal('event'), id: z.string(), filters: z.array(z.string()).optional(), job: jobStatus }),
  z.strictObject({ type: z.literal('gap'), filters: z.array(z.string()) }),
  z.strictObject({ type: z.literal('pong'), ...answer }),
  z.strictObject({ type: z.literal('error'), ...answer, job_ids: z.array(jobId).optional(), error: z.looseObject({ code: z.string() }) }),
]);

export type ServerMessage = z.input<typeof serverMessage>;
