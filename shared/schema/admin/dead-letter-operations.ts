import { z } from 'zod';
import { LANES } from '../../domain/job.ts';
import { replayRequest } from '../job-request.ts';
import { pageParameters } from '../parameters.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links, nextPage } from './api-part.ts';
import { LETTER_FILTER } from './letter-filter.ts';

const jobError = z.strictObject({
  code: z.string(),
  message: z.string(),
  errorClass: z.enum(['retry', 'reject', 'timeout', 'crash']),
  detail: z.looseObject({}).optional(),
  fingerprint: z.string().optional(),
});

const deadLetterFields = {
  job_id: z.string(),
  tenant: z.string(),
  type: z.string(),
  lane: z.enum(LANES),
  stage: z.string(),
  run: z.int(),
  gen: z.int(),
  attempts: z.int(),
  crashes: z.int(),
  failed_at: dateTime.optional(),
  error: jobError.optional(),
  log: z.array(z.looseObject({ at: dateTime, event: z.string() })),
  links,
};

const deadLetterList = z
  .strictObject({ dead_letters: z.array(z.strictObject(deadLetterFields)), next_page_token: nextPage })
  .meta({ id: 'DeadLetterList' });

const inspectedDeadLetter = z
  .strictObject({
    ...deadLetterFields,
    input: z.unknown(),
    options: z.unknown(),
    dead_letter_queue: z.strictObject({ stage: z.string(), is_owed: z.boolean(), published_at: dateTime.optional() }),
  })
  .meta({ id: 'DeadLetter' });

const replayedLetters = z
  .strictObject({
    stage: z.string(),
    results: z.array(
      z.strictObject({
        job_id: z.string(),
        outcome: z.string().describe('replayed, not_found, conflict, or the code of what stood against it.'),
        gen: z.int().optional(),
        run: z.int().optional(),
        detail: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'ReplayedDeadLetters' });

/** Dead letters: listed, looked at, replayed. */
export const DEAD_LETTERS: ApiPart = {
  requests: { ReplayRequest: replayRequest },
  responses: {
    DeadLetter: inspectedDeadLetter,
    DeadLetterList: deadLetterList,
    ReplayedDeadLetters: replayedLetters,
  },
  operations: [
    {
      method: 'get',
      path: '/admin/v1/dead-letters',
      summary: 'Jobs that failed for good, newest failure first',
      query: { ...LETTER_FILTER, ...pageParameters('Dead letters') },
      success: { status: 200, description: 'One page', schema: deadLetterList },
      problems: [400, 422],
    },
    {
      method: 'get',
      path: '/admin/v1/dead-letters/{job_id}',
      summary: 'One, with what its caller gave; it stays in its queue',
      success: { status: 200, description: 'The dead letter', schema: inspectedDeadLetter },
    },
    {
      method: 'post',
      path: '/admin/v1/dead-letters/replay',
      summary: 'Replay up to 1,000 at once: those named, or the newest',
      body: { schema: replayRequest },
      success: { status: 202, description: 'What became of each', schema: replayedLetters },
      problems: BODY_PROBLEMS,
    },
  ],
};
