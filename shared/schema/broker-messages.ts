import { z } from 'zod';

const VERSION = 1;
const jobId = z.string().regex(/^[\w.:-]{1,128}$/);

/** Body of a doorbell, and of a dead letter; fields that a release does not know are ignored. */
export const doorbell = z
  .looseObject({
    v: z.literal(VERSION).describe('Version of the format.'),
    stage: z.int().min(0).max(99).describe('Index of the stage, from 0.'),
    jobs: z
      .array(z.looseObject({ id: jobId, gen: z.int().min(1).describe("The job's doorbell generation: an old one starts nothing.") }))
      .min(1)
      .max(100)
      .describe('One job; in lanes bulk and overflow up to 100.'),
  })
  .meta({ id: 'Doorbell' });

/** Body of an event. */
export const jobEvent = z
  .looseObject({
    v: z.literal(VERSION).describe('Version of the format.'),
    id: z.string().describe('The same on every repetition: drop what you have had.'),
    job_id: jobId,
    tenant: z.string(),
    type: z.string().describe('Job type.'),
    event: z.enum(['completed', 'failed', 'canceled', 'expired']),
    at: z.iso.datetime().describe('When the job ended; on a repetition it may differ by some ms.'),
  })
  .meta({ id: 'JobEvent' });

/** Headers that Jobline gives a doorbell. */
export const doorbellHeaders = z
  .looseObject({
    'x-jobline-published-at': z.int().optional().describe("Publisher's clock, ms."),
    'x-jobline-number': z.int().optional().describe("Number on the publisher's channel, to match returns."),
  })
  .meta({ id: 'DoorbellHeaders' });

/** Headers that Jobline gives a dead letter. */
export const deadLetterHeaders = doorbellHeaders
  .extend({
    'x-jobline-reason': z.string().optional().describe('What failed, a sentence.'),
    'x-jobline-code': z.string().optional().describe("The error's code."),
    'x-jobline-attempts': z.int().optional().describe('Attempts at the stage.'),
  })
  .meta({ id: 'DeadLetterHeaders' });
