import type { Posted } from '../contenders/http-poster.ts';

/** What a submission was answered. */
export type Reading =
  | { readonly kind: 'accepted'; readonly status: number; readonly jobId: string; readonly isRepeated: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterS: number; readonly code: string }
  | { readonly kind: 'fault'; readonly status: number; readonly fault: string };

/** A submission and its answer; moments by the clock of the bench, ms. */
export interface Answer {
  readonly n: number;
  /** 1: for the first time; 2: once more, as it was told. */
  readonly visit: number;
  /** When it was to leave. */
  readonly dueMs: number;
  /** From then to the end of the answer: what the client was late counts. */
  readonly tookMs: number;
  readonly lateMs: number;
  readonly reading: Reading;
}

/** The clock of the bench: of the wall, as records have it, and never going back. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

const REFUSALS = [429, 503];
const EXCERPT = 200;

/** Reads an answer: 202 with a job's id, a clean refusal, or a fault that says what is wrong with it. */
export function readAnswer({ status, headers, text }: Posted): Reading {
  const fault = (what: string): Reading => ({ kind: 'fault', status, fault: `${status} ${what}: ${text.slice(0, EXCERPT)}` });
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return fault('without JSON');
  }
  const { job_id: jobId, code } = body;
  const isRepeated = headers['idempotent-replayed'] === 'true';
  if (status === 202) return typeof jobId === 'string' ? { kind: 'accepted', status, jobId, isRepeated } : fault('without job_id');
  if (!REFUSALS.includes(status)) return fault('is neither 202 nor a refusal');
  if (headers['content-type'] !== 'application/problem+json') return fault(`is ${headers['content-type']}, no problem document`);
  if (typeof code !== 'string' || body['status'] !== status) return fault('is a problem that says something else');
  const retryAfter = headers['retry-after'] ?? '';
  if (!/^[1-9]\d*$/.test(retryAfter)) return fault(`has the Retry-After ${JSON.stringify(retryAfter)}`);
  return { kind: 'refused', status, retryAfterS: Number(retryAfter), code };
}

/** What a request without an answer counts as. */
export function socketFault(error: Error): Reading {
  return { kind: 'fault', status: 0, fault: `no answer: ${error.message}` };
}
