import type { Job, Problem, ProblemError } from './api-types.ts';

/** Whatever the client fails with, but for arguments that cannot be right: these are TypeErrors. */
export abstract class JoblineClientError extends Error {
  /** Stable, for `switch`. Of a problem: the API's own code. */
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** The code of an answer that is not the API's, e.g. the page of a proxy. */
export const UNEXPECTED_ANSWER = 'unexpected_answer';

/** The API refused the request, or something between it and here did. */
export class JoblineProblem extends JoblineClientError {
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  /** What is wrong where; empty for most codes. */
  readonly errors: readonly ProblemError[];
  readonly traceId: string | undefined;
  /** How long the server asks to wait; undefined where it says nothing. */
  readonly retryAfterMs: number | undefined;
  /** The whole document, with members such as `max_bytes`. */
  readonly problem: Problem;

  constructor(request: string, problem: Problem, retryAfterMs?: number) {
    super(messageOf(request, problem));
    this.code = problem.code;
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail;
    this.errors = problem.errors ?? [];
    this.traceId = problem.trace_id || undefined;
    this.retryAfterMs = retryAfterMs;
    this.problem = problem;
  }
}

/** No answer, or half of one: a submission may be stored or not. `cause` says what the connection met. */
export class JoblineNetworkError extends JoblineClientError {
  readonly code = 'network_error';
}

/** The time that was given ran out. */
export class JoblineTimeoutError extends JoblineClientError {
  readonly code = 'timeout';
  readonly timeoutMs: number;
  /** Of `wait`: the job as it was seen last. */
  readonly job: Job | undefined;

  constructor(what: string, timeoutMs: number, job?: Job) {
    super(`${what} took longer than ${timeoutMs} ms.`);
    this.timeoutMs = timeoutMs;
    this.job = job;
  }
}

/** The caller's signal was aborted; `cause` is its reason. A submission may be stored or not. */
export class JoblineAbortError extends JoblineClientError {
  readonly code = 'aborted';

  constructor(reason: unknown) {
    super('The signal was aborted.', { cause: reason });
  }
}

const MOST_ERRORS_SHOWN = 3;

function messageOf(request: string, { status, title, detail, code, errors = [] }: Problem): string {
  const said = errors.slice(0, MOST_ERRORS_SHOWN).map((one) => `${one.pointer ?? one.parameter ?? ''} ${one.detail}`.trim());
  const shown = said.filter((one) => !(detail ?? '').includes(one));
  return [`${request}: ${status} ${detail ?? title} (${code})`, ...shown].join('; ');
}
