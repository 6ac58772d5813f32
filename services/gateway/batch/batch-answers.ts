import { problemBody } from '../problems.ts';
import type { BatchOutcome } from './batch-item.ts';

const ACCEPTED = 202;

/** What a client is told of one job, as JSON text (schema `BatchResult`). */
export function resultText(outcome: BatchOutcome, traceId: string): string {
  const { index } = outcome;
  // By hand: it is written a hundred thousand times, and an id needs no escaping.
  if ('jobId' in outcome) {
    return `{"index":${index},"status":${ACCEPTED},"job_id":"${outcome.jobId}"${outcome.isReplayed ? ',"replayed":true' : ''}}`;
  }
  const { problem } = outcome;
  const retryAfter = problem.headers['Retry-After'];
  return JSON.stringify({
    index,
    status: problem.status,
    ...(retryAfter !== undefined && { retry_after: Number(retryAfter) }),
    error: problemBody(problem, traceId),
  });
}
