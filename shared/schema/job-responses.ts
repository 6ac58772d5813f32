import { z } from 'zod';
import { ASKED_LANES } from '../domain/job.ts';
import { callback } from './callback.ts';

const dateTime = z.iso.datetime().describe('RFC 3339, UTC.');
const jobId = z.uuid();
const links = z.record(z.string(), z.string()).describe('Relation → path.');

/** RFC 9457. Every 4xx and 5xx answer has this body. */
export const problem = z
  .looseObject({
    type: z.string().describe('URI reference of the description: `/errors/{code}`.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().optional(),
    instance: z.string().optional(),
    code: z.string().describe('Stable snake_case code, see docs/errors.md.'),
    trace_id: z.string().describe('Name it when you ask for help: the logs carry it too.'),
    errors: z
      .array(z.object({ pointer: z.string().optional(), parameter: z.string().optional(), detail: z.string() }))
      .optional()
      .describe('What is wrong where: a JSON pointer into the body, or the name of a query parameter.'),
  })
  .meta({ id: 'Problem' });

const status = z
  .string()
  .regex(/^(SCHEDULED|QUEUED|PROCESS_\d+_RUNNING|PROCESS_\d+_DONE|RETRYING|COMPLETED|FAILED|CANCELED|EXPIRED)$/)
  .describe('SCHEDULED, QUEUED, PROCESS_n_RUNNING, PROCESS_n_DONE, RETRYING, COMPLETED, FAILED, CANCELED or EXPIRED.');

const errorDetail = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    detail: z.string(),
    code: z.string(),
    error_class: z.enum(['retry', 'reject', 'timeout', 'crash']),
  })
  .describe('The failure as a problem object.');

/** 202 of a submission, a cancel and a retry. */
export const acceptedJob = z.strictObject({ job_id: jobId, status, links }).meta({ id: 'AcceptedJob' });

/** What became of one job of a batch; as NDJSON, a line. */
export const batchResult = z
  .strictObject({
    index: z.int().min(0).describe('Position of the job in the request, from 0; blank lines are not counted.'),
    status: z.int().describe('As POST /v1/jobs would have answered: 202, or that of `error`.'),
    job_id: jobId.optional().describe('With 202.'),
    replayed: z.literal(true).optional().describe('The job of an earlier request, or line, with the same idempotency key.'),
    retry_after: z.int().min(1).optional().describe('With 429 and 503: seconds to wait.'),
    error: problem.optional().describe('With any other status. Pointers lead into the job.'),
  })
  .meta({ id: 'BatchResult' });

/** 200 of POST /v1/jobs:batch as JSON. */
export const batchAnswer = z
  .strictObject({ accepted: z.int().min(0), refused: z.int().min(0), results: z.array(batchResult) })
  .meta({ id: 'BatchAnswer' });

const statusFields = {
  status,
  progress: z.int().min(0).max(100),
  error: z.string().optional().describe('What went wrong, as a sentence.'),
  error_detail: errorDetail.optional(),
  retry_available: z.boolean().optional().describe('With FAILED: whether POST .../retry can help.'),
  attempt: z.int().optional(),
  next_attempt_at: dateTime.optional(),
};

const queuePosition = z.int().min(1).describe('Place in the queue of its stage and lane, from 1; while the job waits for a worker.');

/** When a job will probably have ended. */
export const eta = z
  .strictObject({ p50: dateTime.describe('Half of all jobs have ended by then.'), p90: dateTime.describe('Nine of ten have.') })
  .describe('When the job will probably have ended; absent while too little is known.');

/** GET /jobs/{job_id}/status. */
export const jobStatus = z
  .strictObject({ job_id: jobId, ...statusFields, queue_position: queuePosition.optional(), eta: eta.optional() })
  .meta({ id: 'JobStatus' });

/** One downloadable file. */
export const output = z
  .strictObject({
    name: z.string(),
    media_type: z.string(),
    size_bytes: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    stage: z.string(),
    href: z.string(),
    download: z
      .strictObject({ href: z.string(), expires_at: dateTime })
      .optional()
      .describe('In the list of outputs: a signed link that opens the file without an API key until it expires.'),
  })
  .meta({ id: 'Output' });

export const outputList = z.strictObject({ outputs: z.array(output) }).meta({ id: 'OutputList' });

/** GET /v1/jobs/{job_id}. */
export const jobResource = z
  .strictObject({
    job_id: jobId,
    type: z.string(),
    lane: z.enum(ASKED_LANES),
    done: z.boolean().describe('True once the job has ended, in whatever way.'),
    ...statusFields,
    stage: z.string().describe('Stage that the job is at, or was at last.'),
    run: z.int().min(0).describe('Replays so far.'),
    upload_id: z.string().optional(),
    tags: z.array(z.string()).optional(),
    concurrency: z.strictObject({ key: z.string(), limit: z.int() }).optional().describe('As it was asked for.'),
    callback: callback.optional(),
    created_at: dateTime,
    run_at: dateTime.optional(),
    deadline_at: dateTime.optional(),
    off_peak: z
      .strictObject({
        window: z.string().optional().describe('The window that it names.'),
        not_before: dateTime.optional().describe('The run_at of its request; its own is the moment of its release.'),
        start_by: dateTime.optional().describe('From then on it may start outside its window, for its deadline.'),
      })
      .optional(),
    done_at: dateTime.optional(),
    expire_at: dateTime.optional().describe('When the job and its outputs are removed.'),
    removed: z
      .strictObject({ payload: dateTime.optional(), outputs: dateTime.optional(), timeline: dateTime.optional() })
      .optional()
      .describe('What a rule of retention has removed of it already, and when.'),
    results: z.array(z.strictObject({ stage: z.string(), run: z.int(), started_at: dateTime.optional(), committed_at: dateTime })),
    outputs: z.array(output).optional(),
    links,
  })
  .meta({ id: 'Job' });

/** GET /v1/jobs. */
export const jobList = z
  .strictObject({
    jobs: z.array(jobResource),
    next_page_token: z.string().optional().describe('Pass it as page_token; absent on the last page.'),
  })
  .meta({ id: 'JobList' });

/** GET /v1/jobs/{job_id}/timeline. */
export const timeline = z
  .strictObject({
    job_id: jobId,
    events: z.array(
      z.strictObject({
        at: dateTime,
        event: z.string(),
        stage: z.string().optional(),
        attempt: z.int().optional(),
        run: z.int().optional(),
        code: z.string().optional(),
        message: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Timeline' });

/** 201 of POST /v1/uploads, and GET /v1/uploads/{upload_id}. */
export const upload = z
  .strictObject({
    upload_id: z.string(),
    filename: z.string().optional(),
    media_type: z.string(),
    size_bytes: z.int().min(1),
    sha256: z.string(),
    created_at: dateTime,
    expire_at: dateTime,
    links,
  })
  .meta({ id: 'Upload' });

/** GET /livez and /readyz. */
export const healthReport = z
  .looseObject({ ok: z.boolean(), status: z.enum(['ok', 'degraded', 'starting', 'stopping', 'failed']) })
  .meta({ id: 'HealthReport' });
