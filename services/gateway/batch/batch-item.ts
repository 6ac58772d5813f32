import { type BatchJob, batchJob } from '../../../shared/schema/job-request.ts';
import { type BodyLimits, parseJson } from '../json-body.ts';
import { Problem } from '../problems.ts';
import { checkBody } from '../query.ts';
import type { Line } from './line-splitter.ts';

/** One job of a batch, not looked at yet: a line of NDJSON, an element of a JSON list, or what is refused unseen. */
export type BatchItem = { readonly index: number } & (
  | { readonly line: Line }
  | { readonly value: unknown }
  | { readonly problem: Problem }
);

/** What became of it. `index` counts the jobs of the batch from 0. */
export type BatchOutcome = { readonly index: number } & (
  | { readonly jobId: string; readonly isReplayed: boolean }
  | { readonly problem: Problem }
);

function parseLine({ number, bytes }: Line, limits: BodyLimits): unknown {
  const { maxBodyBytes: maxBytes } = limits;
  if (bytes) return parseJson(bytes, { what: `Line ${number}`, line: number }, limits);
  throw new Problem('body_too_large', {
    detail: `Line ${number} is longer than the limit of ${maxBytes} bytes. Larger input goes through POST /v1/uploads.`,
    fields: { max_bytes: maxBytes, line: number },
  });
}

/**
 * The job of an item, checked by its schema. Pointers lead into the job.
 * @param limits those that lines were split by.
 * @throws Problem malformed_json with line and column, forbidden_json, body_too_large, invalid_request, or the item's own.
 */
export function batchJobOf(item: BatchItem, limits: BodyLimits): BatchJob {
  if ('problem' in item) throw item.problem;
  const value = 'line' in item ? parseLine(item.line, limits) : item.value;
  return checkBody(value, batchJob, 'The job');
}
