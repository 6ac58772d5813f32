import type { Bound } from '../../shared/domain/bounds.ts';
import { JoblineError } from '../../shared/domain/failures.ts';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** For docs/errors.md: when it occurs and what the caller can do. */
  readonly meaning: string;
  /** Where it has a registered type. */
  readonly type?: string;
  /** The bound that it refuses for. */
  readonly bound?: Bound;
}

/** RateLimit header fields for HTTP, draft 11, problem types. */
const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';
const REDUCED_CAPACITY = 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity';

/** Every code that the HTTP API answers with, and its status. docs/errors.md is generated from this table. */
export const PROBLEMS = {
  bad_request: { status: 400, title: 'Bad request', meaning: 'The request is not valid HTTP, or lacks a Host header.' },
  malformed_json: {
    status: 400,
    title: 'The body is not valid JSON',
    meaning: 'The body is empty, not UTF-8 or not JSON. `detail` names line and column; `offset` is the position in characters.',
  },
  forbidden_json: {
    status: 400,
    title: 'The body contains JSON that is not accepted',
    meaning:
      'Nested deeper than MAX_JSON_DEPTH levels (32), an array of more than MAX_JSON_ARRAY_LENGTH elements (100,000), a key `__proto__`, `constructor` or `prototype`, a NUL character in a key, or a number that cannot be kept exactly (send it as a string).',
  },
  invalid_query: {
    status: 400,
    title: 'A query parameter is wrong',
    meaning: 'Unknown, given twice, or outside its range; `errors` names each.',
  },
  invalid_cursor: {
    status: 400,
    title: 'The page token is not valid',
    meaning: 'Use `next_page_token` of the page before, with the same filters.',
  },
  invalid_idempotency_key: {
    status: 400,
    title: 'The Idempotency-Key is not valid',
    meaning:
      'One header with one quoted string or bare token of 1 to 255 printable ASCII characters. POST /v1/jobs:batch takes none: give each job its `idempotency_key`.',
  },
  unauthorized: {
    status: 401,
    title: 'An API key is needed',
    meaning:
      'Send `Authorization: Bearer <key>`. A key of the wrong form, an unknown, expired or revoked one are answered alike; an Idempotency-Key is not used up.',
  },
  insufficient_scope: {
    status: 403,
    title: 'The API key does not allow this',
    meaning: '`required_scope` is the scope that a key needs here. An Idempotency-Key is not used up.',
  },
  origin_not_allowed: {
    status: 403,
    title: 'Pages of this origin may not connect',
    meaning: 'A WebSocket is opened by pages of the same host, or of an origin in WEBSOCKET_ORIGINS or CORS_ORIGINS.',
  },
  invalid_link: {
    status: 403,
    title: 'The download link is not valid',
    meaning: 'It was changed, or the job or the key that it was signed with is gone. GET /v1/jobs/{job_id}/outputs makes a new one.',
  },
  link_expired: {
    status: 403,
    title: 'The download link has expired',
    meaning: 'GET /v1/jobs/{job_id}/outputs makes a new one.',
  },
  not_found: { status: 404, title: 'No such path', meaning: 'GET / lists the paths.' },
  job_not_found: { status: 404, title: 'No such job', meaning: 'The id is not that of a job, or the job was removed after its retention.' },
  limit_not_found: { status: 404, title: 'No such limit', meaning: 'GET /admin/v1/limits lists those that are set.' },
  window_not_found: { status: 404, title: 'No such window', meaning: 'GET /admin/v1/windows lists them.' },
  occurrence_not_found: { status: 404, title: 'No such occurrence', meaning: 'The window has none that begins then and is not over.' },
  window_changed: { status: 409, title: 'The window was changed meanwhile', meaning: 'Somebody was faster. Look at it and try again.' },
  too_many_windows: { status: 409, title: 'Too many windows', meaning: 'There may be 200. Remove those that are not needed.' },
  pause_not_found: { status: 404, title: 'No such pause', meaning: 'GET /admin/v1/pauses lists those that have not ended.' },
  breaker_not_found: { status: 404, title: 'No such breaker', meaning: 'GET /admin/v1/breakers lists those of the hosts that jobs need.' },
  stage_not_found: { status: 404, title: 'No such stage', meaning: 'GET /admin/v1/stages lists them.' },
  worker_not_found: { status: 404, title: 'No such worker', meaning: 'GET /admin/v1/workers lists those that report.' },
  fsck_run_not_found: { status: 404, title: 'No such run of fsck', meaning: 'The last 50 are kept; GET /admin/v1/fsck lists them.' },
  replay_not_found: {
    status: 404,
    title: 'No such replay or removal',
    meaning: 'They are kept for 30 days; GET /admin/v1/replays and /admin/v1/removals list them.',
  },
  rerun_rule_not_found: { status: 404, title: 'No such rule of re-runs', meaning: 'GET /admin/v1/rerun-rules lists them.' },
  batch_rule_not_found: { status: 404, title: 'No such batch rule', meaning: 'GET /admin/v1/batch-rules lists them.' },
  batch_run_not_found: {
    status: 404,
    title: 'No such batch run',
    meaning: 'They are kept for 30 days; GET /admin/v1/batch-runs lists them.',
  },
  retention_rule_not_found: {
    status: 404,
    title: 'No such rule of retention',
    meaning: 'GET /admin/v1/retention lists them. Those of RETENTION_RULES are changed in the configuration.',
  },
  dead_letter_not_found: { status: 404, title: 'No such dead letter', meaning: 'There is no job of this id, or it is not FAILED.' },
  dead_letter_group_not_found: {
    status: 404,
    title: 'No such group of dead letters',
    meaning: 'GET /admin/v1/dead-letters/groups?state=all lists them, with their group_id.',
  },
  output_not_found: {
    status: 404,
    title: 'No such output',
    meaning: 'The job has no committed output of that name; GET .../outputs lists them.',
  },
  key_not_found: { status: 404, title: 'No such API key', meaning: 'GET /admin/v1/keys lists them.' },
  upload_not_found: { status: 404, title: 'No such upload', meaning: 'The id is not that of an upload, or it was removed after its time.' },
  schedule_not_found: { status: 404, title: 'No such schedule', meaning: 'GET /v1/schedules lists them.' },
  method_not_allowed: { status: 405, title: 'Method not allowed', meaning: 'The `Allow` header names the methods of this path.' },
  not_acceptable: {
    status: 406,
    title: 'Not acceptable',
    meaning:
      'This path answers application/json only, or application/x-ndjson to a body of that type; /events answers text/event-stream only.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    bound: 'request_time',
    meaning: 'Headers within 10 s, a JSON body within 30 s, uploads without a pause of 60 s, unless configured otherwise.',
  },
  job_conflict: {
    status: 409,
    title: "The job's state does not allow this",
    meaning:
      'E.g. canceling a job that has ended, or retrying or deleting one that has not. With Retry-After: deleting one whose event is not out yet.',
  },
  key_revoked: { status: 409, title: 'The API key is revoked', meaning: 'That cannot be undone. Create a new one.' },
  keys_not_set_up: {
    status: 409,
    title: 'API keys are not set up',
    meaning: 'The gateway has no pepper to make keys with: set JOBLINE_KEY_PEPPER (docs/access.md).',
  },
  replay_conflict: {
    status: 409,
    title: "The replay's state does not allow this",
    meaning:
      'Only a plan can be applied, with its digest and within 15 minutes; only what has not ended can be aborted; an undo is asked for once, of what was applied.',
  },
  batch_run_ended: { status: 409, title: 'The batch run has ended', meaning: 'Only what has not ended can be aborted.' },
  batch_rule_busy: { status: 409, title: 'The batch rule is being written', meaning: 'Others changed it in the same moment. Try again.' },
  too_many_rerun_rules: {
    status: 409,
    title: 'There are too many rules of re-runs',
    meaning: '200 are allowed. Remove those that are not used.',
  },
  too_many_batch_rules: {
    status: 409,
    title: 'There are too many batch rules',
    meaning: '200 are allowed. Remove those that are not used.',
  },
  fsck_running: {
    status: 409,
    title: 'An fsck is under way',
    meaning: 'One runs at a time; `run_id` names it. Follow it, or ask again when it has ended.',
  },
  schedule_busy: {
    status: 409,
    title: 'The schedule is being worked on',
    meaning: 'It was written by others in the same moment, or too many of its ticks wait. Try again after Retry-After.',
  },
  too_many_schedules: {
    status: 409,
    title: 'The tenant has too many schedules',
    meaning: '1,000 are allowed. Remove those that have ended.',
  },
  retry_not_available: {
    status: 409,
    title: 'A retry cannot help',
    meaning: 'The job failed because of its input (class reject), or the input is not stored any more. Submit a corrected job.',
  },
  file_gone: { status: 410, title: 'The bytes are gone', meaning: 'They were removed after the retention of the job or upload.' },
  precondition_failed: {
    status: 412,
    title: 'What was to be changed has changed',
    meaning:
      'If-Match names another ETag than that of GET /v1/jobs/{job_id}, or /v1/schedules/{schedule_id}, now. Read again and decide anew.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    bound: 'body_bytes',
    meaning: '`max_bytes` is the limit, of NDJSON for each line. Larger input goes through POST /v1/uploads.',
  },
  too_many_jobs: {
    status: 413,
    title: 'Too many jobs in one request',
    meaning: '`max_jobs` is the limit. Of NDJSON the jobs before are accepted; send the others in another request.',
  },
  upload_too_large: {
    status: 413,
    title: 'The upload is too large',
    bound: 'upload_bytes',
    meaning: '`max_bytes` is the limit; nothing was kept.',
  },
  url_too_long: { status: 414, title: 'The URL is too long', bound: 'url_bytes', meaning: '`max_bytes` is the limit (MAX_URL_BYTES).' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    meaning:
      'Send application/json without Content-Encoding (POST /v1/jobs:batch takes application/x-ndjson too); an upload as the raw body, not as a form.',
  },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the file', meaning: 'Content-Range names the size.' },
  expectation_failed: { status: 417, title: 'Unknown expectation', meaning: 'Only Expect: 100-continue is known.' },
  host_not_allowed: {
    status: 421,
    title: 'The gateway is not called by this name',
    meaning: 'Without API keys it answers to localhost, loopback addresses and the names in ALLOWED_HOSTS alone.',
  },
  invalid_request: {
    status: 422,
    title: 'The request is not valid',
    meaning: '`errors` lists what is wrong, each with a JSON pointer into the body.',
  },
  unknown_upload: {
    status: 422,
    title: 'The upload named does not exist',
    meaning: 'It never existed, or was removed after its time. Upload again.',
  },
  empty_upload: { status: 422, title: 'The upload is empty', meaning: 'Send the file as the raw body.' },
  search_too_wide: {
    status: 422,
    title: 'The search takes too long',
    meaning: 'It was given up after 2 s. Narrow it by a tag, an age or state:failed, or ask for smaller pages.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'The Idempotency-Key was used with another request',
    meaning: 'Use a new key for a new request.',
  },
  upgrade_required: {
    status: 426,
    title: 'This path speaks WebSocket',
    meaning: 'Connect with a WebSocket client, e.g. `new WebSocket(url)`.',
  },
  precondition_required: {
    status: 428,
    title: 'If-Match is needed',
    meaning: 'PUT /v1/schedules/{schedule_id} replaces what was read: send its ETag, or `*` to replace whatever is there.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    type: QUOTA_EXCEEDED,
    bound: 'request_rate',
    meaning:
      'The requests a second of the tenant, or of the key, are used up; `violated-policies` names the limit in RateLimit-Policy. Come back after Retry-After. An Idempotency-Key is not used up.',
  },
  quota_exceeded: {
    status: 429,
    title: "Too many of the tenant's jobs are waiting",
    type: QUOTA_EXCEEDED,
    bound: 'waiting_jobs_per_tenant',
    meaning:
      'Come back after Retry-After, which is computed from the rate at which its jobs are worked off. An Idempotency-Key is not used up.',
  },
  too_many_in_flight: {
    status: 429,
    title: 'Too many requests at the same time',
    type: QUOTA_EXCEEDED,
    bound: 'requests_per_client',
    meaning:
      'So many requests of the API key, or without keys of the address, are not answered yet at this gateway (MAX_IN_FLIGHT_PER_CLIENT). Wait for answers, or Retry-After. An Idempotency-Key is not used up.',
  },
  too_many_own_listeners: {
    status: 429,
    title: 'Too many streams of events at the same time',
    type: QUOTA_EXCEEDED,
    meaning:
      'The API key, or without keys the address, or the tenant, listens to this gateway as often as it may; `violated-policies` says which (MAX_LISTENERS_PER_CLIENT, MAX_LISTENERS_PER_TENANT). Close some, listen to many jobs over one WebSocket, or poll.',
  },
  too_many_subscriptions: {
    status: 429,
    title: 'Too many subscriptions',
    meaning: 'Of one WebSocket: 1,000 jobs and 10 filters at the same time. Unsubscribe, or open another.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    bound: 'header_bytes',
    meaning: 'URL and headers together may have 16 KiB (MAX_HEADER_BYTES), and there may be 100 headers (MAX_HEADERS).',
  },
  internal_error: { status: 500, title: 'Internal error', meaning: 'A fault of ours; the logs carry the `trace_id`.' },
  store_unavailable: {
    status: 503,
    title: 'The database cannot be reached',
    meaning: 'Try again after Retry-After. A submission may have been stored or not: repeat it with the same Idempotency-Key.',
  },
  overloaded: {
    status: 503,
    title: 'Too much is waiting',
    bound: 'waiting_jobs',
    meaning:
      'Come back after Retry-After: a moment of your own, computed from the rate at which jobs are worked off and from who was told to come before.',
  },
  too_many_listeners: {
    status: 503,
    title: 'Too many clients listen',
    bound: 'listeners',
    meaning: 'This gateway has as many open streams of events as it may (MAX_LISTENERS). Come back after Retry-After, or poll.',
  },
  too_many_connections: {
    status: 503,
    title: 'Too many connections',
    type: REDUCED_CAPACITY,
    meaning:
      'As many connections are open as this gateway takes, in all or from one address (MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS). Use fewer, and keep them open. Come back after Retry-After.',
  },
  not_ready: { status: 503, title: 'Not ready', meaning: 'The gateway is starting or stopping.' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Seconds after which a store that is away may be tried again. */
const STORE_RETRY_AFTER_S = 2;

export interface ProblemMore {
  readonly detail?: string;
  /** Extension members, snake_case. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The bound that it refuses for. Default: that of its code, if any. */
  readonly bound?: Bound;
}

/** A refusal of a request, thrown by routes and middleware. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly bound: Bound | undefined;

  constructor(code: ProblemCode, { detail, fields = {}, headers = {}, bound }: ProblemMore = {}) {
    super(detail ?? '');
    this.code = code;
    this.fields = fields;
    this.headers = headers;
    this.bound = bound ?? boundOf(PROBLEMS[code]);
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

const boundOf = ({ bound }: ProblemKind) => bound;

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

/** Maps whatever was thrown to the problem to answer with. Unknown errors become `internal_error` without their message. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof JoblineError) || !isProblemCode(error.code)) return new Problem('internal_error');
  if (error.code === 'store_unavailable') {
    return new Problem('store_unavailable', { headers: { 'Retry-After': String(STORE_RETRY_AFTER_S) } });
  }
  const headers = 'retryAfterSeconds' in error ? { 'Retry-After': String(error.retryAfterSeconds) } : {};
  const fields = 'maxBytes' in error ? { max_bytes: error.maxBytes } : {};
  return new Problem(error.code, { detail: error.message, headers, fields });
}

/** The RFC 9457 body of a problem. */
export function problemBody(problem: Problem, traceId: string, instance?: string): Readonly<Record<string, unknown>> {
  const { status, title, type = `/errors/${problem.code}` }: ProblemKind = PROBLEMS[problem.code];
  return {
    type,
    title,
    status,
    ...(problem.message !== '' && { detail: problem.message }),
    ...(instance !== undefined && { instance }),
    code: problem.code,
    trace_id: traceId,
    ...problem.fields,
  };
}
