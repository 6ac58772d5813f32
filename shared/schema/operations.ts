import { z } from 'zod';
import { JOB_STATES } from '../domain/job.ts';
import { callbackSecrets, deliveryList } from './callback.ts';
import { explanation } from './explanation.ts';
import { batchJob, generateFileRequest, jobBatch, jobRequest, retryRequest } from './job-request.ts';
import {
  acceptedJob,
  batchAnswer,
  batchResult,
  healthReport,
  jobList,
  jobResource,
  jobStatus,
  outputList,
  timeline,
  upload,
} from './job-responses.ts';
import { idempotencyKey, type Parameter, pageParameters } from './parameters.ts';
import { REPORT_EXAMPLE, reportInput, reportOptions } from './report.ts';
import { SCHEDULE_OPERATIONS } from './schedule-operations.ts';

/** One documented operation of the public API. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** With `{name}` parameters. */
  readonly path: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: Readonly<Record<string, Parameter>>;
  /** JSON body; `isOptional`: it may be left out; `line`: NDJSON is taken too, and what one line is. */
  readonly body?: { readonly schema: z.ZodType; readonly isOptional?: boolean; readonly line?: z.ZodType };
  /** The body is the raw bytes of a file. */
  readonly takesBytes?: boolean;
  readonly success: {
    readonly status: number;
    readonly description: string;
    readonly schema?: z.ZodType;
    readonly isBytes?: boolean;
    /** Of text that is no JSON. */
    readonly mediaType?: string;
    /** One line of the answer to NDJSON. */
    readonly line?: z.ZodType;
    /** Data of each server-sent event. */
    readonly event?: z.ZodType;
  };
  /** Other answers that are no problems: status → description. */
  readonly also?: Readonly<Record<number, string>>;
  /** A part of the bytes, for a request that asks for it by a header. */
  readonly alsoBytes?: { readonly status: number; readonly description: string };
  /** Another success, of a request that asks for it by a header. */
  readonly alsoSuccess?: { readonly status: number; readonly description: string; readonly schema: z.ZodType };
  /** Problem statuses, beside 404, 405, 406, 500 and 503, which all may answer. */
  readonly problems?: readonly number[];
}

/** As POST /generate-file takes it, input and options spelt out. */
export const generateFileBody = generateFileRequest
  .extend({ input: reportInput, options: reportOptions.optional() })
  .meta({ id: 'GenerateFileRequest', examples: [REPORT_EXAMPLE] });

const IDEMPOTENCY = { 'Idempotency-Key': idempotencyKey('The same key and body give the same job; the same key and another body 422.') };
const PREFER = {
  Prefer: '`wait=N`: hold the answer until the job has ended, at most N seconds (30); `respond-async`: what is done anyway. RFC 7240.',
};
const ENDED_IN_TIME = { status: 200, description: 'With Prefer: wait, where the job has ended in time: the job', schema: jobResource };
const SUBMIT_PROBLEMS = [400, 408, 413, 415, 422] as const;
const accepted = (description: string) => ({ status: 202, description, schema: acceptedJob });

const IF_MATCH = { 'If-Match': 'ETag of GET /v1/jobs/{job_id}: only while the job still is as it was read; else 412.' };
const IF_NONE_MATCH = { 'If-None-Match': 'ETag of an answer that the client has: 304 while nothing has changed.' };
const NOT_MODIFIED = { 304: 'The client has it already' };
/** An answer that is a file, or a part of it. */
const FILE = {
  headers: {
    Range: 'One range of bytes',
    'If-Range': 'ETag: the range counts only while the file is that one',
    'If-None-Match': 'ETag of the file that the client has: 304 then',
  },
  success: { status: 200, description: 'The bytes', isBytes: true },
  alsoBytes: { status: 206, description: 'The range that was asked for' },
  also: NOT_MODIFIED,
} satisfies Partial<Operation>;

/** Operations on one job: under /v1/jobs/{job_id}, and the plain paths that users were promised. */
const ofJob: readonly Operation[] = ['/v1/jobs/{job_id}', '/jobs/{job_id}'].flatMap((path): Operation[] => [
  {
    method: 'get',
    path,
    summary: 'The job in full',
    headers: IF_NONE_MATCH,
    success: { status: 200, description: 'The job', schema: jobResource },
    also: NOT_MODIFIED,
  },
  {
    method: 'get',
    path: `${path}/status`,
    summary: 'Status and progress',
    headers: PREFER,
    success: { status: 200, description: 'The status', schema: jobStatus },
  },
  {
    method: 'get',
    path: `${path}/events`,
    summary: 'What becomes of the job, as server-sent events: where it is now, then each change, until it has ended',
    query: {
      last_event_id: { description: 'As the header Last-Event-ID, for clients that cannot set it', schema: { maxLength: 100 } },
    },
    headers: { 'Last-Event-ID': 'Id of the last event that the client has had: it is told what came after' },
    success: { status: 200, description: 'A stream of events, each with an `id`, and the status as JSON for `data`', event: jobStatus },
    also: { 204: 'The job has ended, and the client has had its last event' },
    problems: [400],
  },
  {
    method: 'get',
    path: `${path}/explain`,
    summary: 'Why the job is where it is, and what happens next',
    success: { status: 200, description: 'The explanation', schema: explanation },
  },
  {
    method: 'post',
    path: `${path}/cancel`,
    summary: 'Cancel; repeating it is harmless',
    headers: IF_MATCH,
    success: accepted('Canceled'),
    problems: [409, 412],
  },
  {
    method: 'post',
    path: `${path}/retry`,
    summary: 'Run an ended job again, by default from the failed stage',
    headers: IF_MATCH,
    body: { schema: retryRequest, isOptional: true },
    success: accepted('Queued again'),
    problems: [400, 409, 412, 413, 415, 422],
  },
]);

/** Every operation of the public API; a test compares them with the router. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/generate-file',
    summary: 'Make a report: the same as POST /v1/jobs with type report',
    headers: { ...IDEMPOTENCY, ...PREFER },
    body: { schema: generateFileBody },
    success: accepted('The job is stored and will run'),
    alsoSuccess: ENDED_IN_TIME,
    problems: SUBMIT_PROBLEMS,
  },
  {
    method: 'post',
    path: '/v1/jobs',
    summary: 'Submit a job',
    headers: { ...IDEMPOTENCY, ...PREFER },
    body: { schema: jobRequest },
    success: accepted('The job is stored and will run'),
    alsoSuccess: ENDED_IN_TIME,
    problems: SUBMIT_PROBLEMS,
  },
  {
    method: 'post',
    path: '/v1/jobs:batch',
    summary: 'Submit many jobs: a JSON list, or NDJSON of any length with one job a line, answered line by line while it is read',
    body: { schema: jobBatch, line: batchJob },
    success: { status: 200, description: 'What became of each job, in the order of the request', schema: batchAnswer, line: batchResult },
    problems: SUBMIT_PROBLEMS,
  },
  {
    method: 'get',
    path: '/v1/jobs',
    summary: 'List jobs, newest first',
    query: {
      ...pageParameters('Jobs'),
      state: { description: 'Stored state', schema: { enum: JOB_STATES } },
      type: { description: 'Job type', schema: { minLength: 1, maxLength: 100 } },
      q: {
        description: 'Search: `state:failed type:report tag:abc error:stage_timeout age:>2h`; all terms must hold',
        schema: { maxLength: 1_000 },
      },
    },
    success: { status: 200, description: 'One page; `Link: rel="next"` leads on', schema: jobList },
    problems: [400, 422],
  },
  ...ofJob,
  {
    method: 'delete',
    path: '/v1/jobs/{job_id}',
    summary: 'Remove an ended job with its outputs; an active one must be canceled first',
    headers: IF_MATCH,
    success: { status: 204, description: 'It is gone' },
    problems: [404, 409, 412],
  },
  {
    method: 'get',
    path: '/v1/jobs/{job_id}/timeline',
    summary: 'What happened to the job',
    success: { status: 200, description: 'Oldest first', schema: timeline },
  },
  {
    method: 'get',
    path: '/v1/jobs/{job_id}/outputs',
    summary: 'Files that the job made',
    success: { status: 200, description: 'The files', schema: outputList },
  },
  {
    method: 'get',
    path: '/v1/jobs/{job_id}/outputs/{name}',
    summary: 'Download one file; Range, If-Range and If-None-Match are honoured',
    query: { stage: { description: 'Where two stages made a file of this name: whose', schema: { minLength: 1, maxLength: 100 } } },
    ...FILE,
    problems: [400, 410, 416],
  },
  {
    method: 'get',
    path: '/v1/jobs/{job_id}/deliveries',
    summary: 'What became of the callbacks of the job',
    success: { status: 200, description: 'Oldest first', schema: deliveryList },
  },
  {
    method: 'get',
    path: '/v1/callback-secrets',
    summary: 'What the callbacks of the tenant are signed with (Standard Webhooks)',
    success: { status: 200, description: 'The newest first', schema: callbackSecrets },
  },
  {
    method: 'get',
    path: '/v1/downloads/{job_id}/{name}',
    summary: 'Download one file by the signed link of the list of outputs, without an API key, until the link expires',
    query: {
      stage: { description: 'As in the link', schema: { minLength: 1, maxLength: 100 } },
      expires: { description: 'As in the link: Unix seconds', schema: { pattern: '^\\d{1,12}$' } },
      kid: { description: 'As in the link: name of the key that it is signed with', schema: { minLength: 1, maxLength: 100 } },
      signature: { description: 'As in the link', schema: { minLength: 1, maxLength: 200 } },
    },
    ...FILE,
    problems: [400, 403, 410, 416],
  },
  {
    method: 'post',
    path: '/v1/uploads',
    summary: 'Store a file as input of jobs: the raw body, streamed',
    query: {
      filename: {
        description: 'Name to show: no slashes, no control characters',
        schema: { minLength: 1, maxLength: 255, pattern: '^[^\\x00-\\x1f\\x7f/\\\\]+$' },
      },
    },
    takesBytes: true,
    success: { status: 201, description: 'The upload', schema: upload },
    problems: [400, 408, 413, 415, 422],
  },
  {
    method: 'get',
    path: '/v1/uploads/{upload_id}',
    summary: 'Facts of an upload',
    success: { status: 200, description: 'The upload', schema: upload },
  },
  {
    method: 'get',
    path: '/v1/ws',
    summary: 'WebSocket: listen to many jobs, or to all that a filter is for (docs/http.md)',
    success: { status: 101, description: 'The protocol is WebSocket from here on' },
    problems: [400, 403, 426],
  },
  ...SCHEDULE_OPERATIONS,
  { method: 'get', path: '/', summary: 'Paths of this API', success: { status: 200, description: 'Paths', schema: z.looseObject({}) } },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    success: { status: 200, description: 'OpenAPI 3.1', schema: z.looseObject({}) },
  },
  {
    method: 'get',
    path: '/asyncapi.json',
    summary: 'What is said in messages: AsyncAPI document of event streams, WebSockets and the exchanges in RabbitMQ',
    success: { status: 200, description: 'AsyncAPI 3.0', schema: z.looseObject({}) },
  },
  {
    method: 'get',
    path: '/docs',
    summary: 'This document as a page to read and to try',
    headers: IF_NONE_MATCH,
    success: { status: 200, description: 'The page', mediaType: 'text/html' },
    also: NOT_MODIFIED,
  },
  {
    method: 'get',
    path: '/docs/{file}',
    summary: 'Scripts and styles of the page',
    headers: IF_NONE_MATCH,
    success: { status: 200, description: 'The file', isBytes: true },
    also: NOT_MODIFIED,
    problems: [404],
  },
  {
    method: 'get',
    path: '/errors/{code}',
    summary: 'What an error code means',
    success: { status: 200, description: 'Description', schema: z.looseObject({}) },
  },
  {
    method: 'get',
    path: '/livez',
    summary: 'Whether the process is alive',
    success: { status: 200, description: 'Alive', schema: healthReport },
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether it can take requests',
    success: { status: 200, description: 'Ready, or degraded', schema: healthReport },
  },
  {
    method: 'get',
    path: '/startupz',
    summary: 'Whether it has started',
    success: { status: 200, description: 'Started', schema: healthReport },
  },
];
