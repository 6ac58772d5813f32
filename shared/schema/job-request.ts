import { z } from 'zod';
import { ASKED_LANES } from '../domain/job.ts';
import { callback } from './callback.ts';
import { tagsBeside } from './common-fields.ts';
import { REPORT_EXAMPLE } from './report.ts';

const dateTime = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 date-time with a zone, e.g. 2026-11-24T10:00:00Z' });

/** What jobs name that must not all run at once. */
export const CONCURRENCY_KEY = z.string().regex(/^[A-Za-z0-9._:/-]{1,100}$/, 'must be 1 to 100 letters, digits and . _ : / -');

/** Of a submission, and of the job of a schedule. */
export const offPeak = z
  .union([z.boolean(), z.string().regex(/^[a-z0-9][a-z0-9-]{0,49}$/, 'must be true, false, or the name of a window')])
  .describe(
    "It starts in an off-peak window alone, unless its deadline says so (docs/windows.md); a name: in that window. Default: its type's.",
  );

/** What every submission may say beside `input` and `options`. */
const envelope = {
  input: z
    .unknown()
    .refine((input) => input !== undefined, 'is required')
    .describe('What the job works on; its form depends on the type.'),
  options: z.unknown().optional().describe('How it works on it; its form depends on the type.'),
  lane: z.enum(ASKED_LANES).default('standard').describe('Queue: express goes before standard, standard before bulk.'),
  run_at: dateTime.optional().describe('Not before this moment; at most 366 days ahead. A moment in the past means at once.'),
  deadline_at: dateTime.optional().describe('A job that has not ended by then is EXPIRED. Must be in the future and after run_at.'),
  off_peak: offPeak.optional(),
  max_attempts: z.int().min(1).max(25).optional().describe("Attempts of each stage; default: the job type's own."),
  tags: tagsBeside(0).optional().describe('What to find the job by: q=tag:... of GET /v1/jobs.'),
  concurrency: z
    .strictObject({
      key: CONCURRENCY_KEY,
      limit: z.int().min(1).max(1_000).default(1),
    })
    .optional()
    .describe('Of the jobs of the tenant with this key at most `limit` run at once; the others wait their turn.'),
  callback: callback.optional().describe('Whom to tell of the end of the job (docs/callbacks.md).'),
};

/** A submission that runs as it stands. */
const EXAMPLE = { type: 'report', ...REPORT_EXAMPLE };

/** Body of POST /v1/jobs. */
export const jobRequest = z
  .strictObject({ type: z.string().min(1).max(100).describe('Job type.'), ...envelope })
  .meta({ id: 'JobRequest', examples: [{ ...EXAMPLE, lane: 'express', tags: ['shop:12'], max_attempts: 2 }] });

/** Body of POST /generate-file: the same for the type `report`. */
export const generateFileRequest = z
  .strictObject({ type: z.literal('report').default('report'), ...envelope })
  .meta({ id: 'GenerateFileRequest' });

export type JobRequest = z.output<typeof jobRequest>;

const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
  .optional()
  .describe('As the header Idempotency-Key of POST /v1/jobs. The same key and job give the same job; the same key and another job 422.');

/** One job of POST /v1/jobs:batch; as NDJSON, a line. */
export const batchJob = jobRequest
  .extend({ lane: z.enum(ASKED_LANES).default('bulk').describe('Queue, as in POST /v1/jobs.'), idempotency_key: idempotencyKey })
  .meta({ id: 'BatchJob', examples: [{ ...EXAMPLE, idempotency_key: 'prices-2026-01-01' }] });

export type BatchJob = z.output<typeof batchJob>;

/** Body of POST /v1/jobs:batch as JSON. */
export const jobBatch = z
  .strictObject({ jobs: z.array(batchJob).min(1) })
  .meta({ id: 'JobBatch', examples: [{ jobs: [EXAMPLE, { ...EXAMPLE, lane: 'standard' }] }] });

/** The same where each job is still to be checked by itself. */
export const uncheckedBatch = z.strictObject({ jobs: z.array(z.unknown()).min(1) });

/** Body of POST /jobs/{id}/retry; may be left out. */
export const retryRequest = z
  .strictObject({ from: z.enum(['failed_stage', 'beginning']).default('failed_stage').describe('Where to start.') })
  .meta({ id: 'RetryRequest', examples: [{ from: 'beginning' }] });

/** Body of POST /admin/v1/dead-letters/replay. */
export const replayRequest = z
  .strictObject({
    stage: z.string().min(1).max(100),
    job_ids: z.array(z.string().max(100)).min(1).max(1_000).optional(),
    all: z.literal(true).optional(),
    limit: z.int().min(1).max(1_000).default(100).describe('With all: at most so many, newest first.'),
    from: z.enum(['failed_stage', 'beginning']).default('failed_stage'),
  })
  .superRefine(({ job_ids, all }, context) => {
    if ((job_ids === undefined) === (all === undefined))
      context.addIssue({ code: 'custom', message: 'must have exactly one of job_ids and all' });
  })
  .meta({
    id: 'ReplayRequest',
    oneOf: [{ required: ['job_ids'] }, { required: ['all'] }],
    examples: [{ stage: 'p1', all: true, limit: 10 }],
  });

/** Body of POST /admin/v1/fsck; may be left out. */
export const fsckRequest = z
  .strictObject({ repair: z.boolean().default(false).describe('Mend what is certain, by the transitions of the protocol.') })
  .meta({ id: 'FsckRequest', examples: [{ repair: false }] });
