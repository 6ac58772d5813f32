import { z } from 'zod';
import { CALLBACK_EVENTS, DELIVERY_STATES } from '../domain/callback.ts';

const events = z
  .array(z.enum(CALLBACK_EVENTS))
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'must not have an event twice')
  .describe('Which ends are told; default: all.');

/** `callback` of a submission, and of the job. */
export const callback = z.strictObject({
  url: z.string().min(1).max(2_048).describe('https URL of a public host, which is posted to when the job has ended.'),
  events: events.optional(),
});

const dateTime = z.iso.datetime().describe('RFC 3339, UTC.');

/** One end of a job that is told to its callback. */
const delivery = z.strictObject({
  delivery_id: z.string().describe('The webhook-id, the same at every attempt.'),
  event: z.enum(CALLBACK_EVENTS),
  url: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.int().min(0),
  reason: z.string().optional().describe('With dead: why the last attempt failed.'),
  created_at: dateTime,
  next_attempt_at: dateTime.optional(),
  ended_at: dateTime.optional(),
  log: z
    .array(z.strictObject({ at: dateTime, took_ms: z.int().min(0), status: z.int().optional(), reason: z.string().optional() }))
    .describe('The last 20 attempts, newest last.'),
});

/** GET /v1/jobs/{job_id}/deliveries. */
export const deliveryList = z.strictObject({ deliveries: z.array(delivery) }).meta({ id: 'DeliveryList' });

/** GET /v1/callback-secrets. */
export const callbackSecrets = z
  .strictObject({
    secrets: z.array(z.strictObject({ kid: z.string(), secret: z.string() })).describe('The newest first; each may have signed.'),
  })
  .meta({ id: 'CallbackSecrets' });

/** What is posted to a callback (Standard Webhooks). */
export const callbackMessage = z
  .strictObject({
    type: z.enum(CALLBACK_EVENTS.map((event) => `job.${event}` as const)),
    timestamp: dateTime,
    data: z.strictObject({
      job_id: z.uuid(),
      type: z.string().describe('Job type.'),
      status: z.enum(['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED']),
      created_at: dateTime,
      done_at: dateTime,
      error: z.string().optional().describe('With FAILED: a sentence.'),
      error_code: z.string().optional(),
      links: z.record(z.string(), z.string()).describe('Relation → path.'),
    }),
  })
  .meta({ id: 'CallbackMessage' });

/** Its headers. */
export const callbackHeaders = z
  .looseObject({
    'webhook-id': z.string().describe('The same at every attempt: drop what you have had.'),
    'webhook-timestamp': z.string().regex(/^\d+$/).describe('Of the attempt, Unix seconds.'),
    'webhook-signature': z
      .string()
      .regex(/^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$/)
      .describe('One a signing key.'),
  })
  .meta({ id: 'CallbackHeaders' });
