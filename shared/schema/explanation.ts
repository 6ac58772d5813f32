import { z } from 'zod';
import { REASONS } from '../domain/explain/explain-job.ts';
import { eta } from './job-responses.ts';

const dateTime = z.iso.datetime().describe('RFC 3339, UTC.');
const count = z.int().min(0);

/** Figures and names behind a reason's sentence. */
const evidence = z
  .strictObject({
    stage: z.string(),
    lane: z.string(),
    queue: z.string(),
    queue_position: z.int().min(1),
    messages_ready: count,
    messages_unacked: count,
    consumers: count,
    last_seen_at: dateTime,
    owner: z.string().describe('The worker process that holds the job.'),
    attempt: count,
    max_attempts: count,
    progress: z.number().min(0).max(1).describe("The handler's own."),
    crashes: count,
    run: count,
    error_code: z.string(),
    error_class: z.string(),
    error_message: z.string(),
    retry_available: z.boolean(),
    pause_id: z.string(),
    paused_by: z.string(),
    pause_reason: z.string(),
    window: z.string().describe('An off-peak window.'),
    opens_at: dateTime,
    dependency: z.string().describe('Host of an open breaker.'),
    breaker_state: z.string(),
    breaker_reason: z.string(),
    opened_by: z.string(),
    stages: z.array(z.strictObject({ stage: z.string(), waited_ms: count.optional(), took_ms: count.optional() })),
  })
  .partial();

const reason = z.strictObject({
  code: z.string().describe(`Stable; more may come. ${REASONS.map(({ code, when }) => `\`${code}\`: ${when}.`).join(' ')}`),
  message: z.string().describe('A whole sentence.'),
  since: dateTime.optional(),
  until: dateTime.optional(),
  evidence: evidence.optional(),
});

/** GET /v1/jobs/{job_id}/explain. */
export const explanation = z
  .strictObject({
    job_id: z.uuid(),
    status: z.string(),
    as_of: dateTime.describe("The database's clock."),
    summary: z.string().describe('Why the job is where it is: the message of the first reason.'),
    reasons: z.array(reason).min(1).describe('The most important first.'),
    next: z.string().describe('What happens next.'),
    eta: eta.optional(),
  })
  .meta({ id: 'Explanation' });
