import type { BenchJob } from '../../suite/contender.ts';
import { BENCH_TYPE } from './job-types.ts';

/** Where many jobs are submitted at once; all that the bench knows of it is in this file. */
export const BATCH_PATH = '/v1/jobs:batch';
export const BATCH_CONTENT_TYPE = 'application/x-ndjson';
/** Jobs a request. */
export const BATCH_SIZE = 500;

/** The body: a job a line. */
export function batchBody(jobs: readonly BenchJob[], lane: string): string {
  return jobs.map(({ payload, key }) => `${JSON.stringify({ type: BENCH_TYPE, lane, input: payload, idempotency_key: key })}\n`).join('');
}

/** Ids in the order of the lines. @throws Error when an item was not accepted. */
export function acceptedIds(status: number, text: string): readonly string[] {
  if (status >= 300) throw new Error(`POST ${BATCH_PATH} answered ${status}: ${text.slice(0, 300)}`);
  const items = itemsOf(text);
  return items.map((item, index) => {
    if (typeof item.job_id !== 'string') throw new Error(`Line ${index + 1} was not accepted: ${JSON.stringify(item)}`);
    return item.job_id;
  });
}

interface Item {
  readonly job_id?: unknown;
}

/** The answer is a line an item; to a body of JSON it is JSON with an array of items. */
function itemsOf(text: string): readonly Item[] {
  const lines = text.split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    const parsed = JSON.parse(line) as Item & { readonly results?: readonly Item[] };
    return parsed.results ?? [parsed];
  });
}
