/**
 * Why a stage failed. `retry`: trying again may help. `reject`: it cannot (bad input). `timeout`, `crash`: ended from
 * outside. The class decides `retry_available` (docs/http.md: FAILED and not `reject`).
 */
export type ErrorClass = 'retry' | 'reject' | 'timeout' | 'crash';

/** An error of a job as stored and shown. */
export interface JobError {
  /** Stable snake_case code, listed in docs/errors.md. */
  readonly code: string;
  /** One sentence for the user: what, where, what is allowed. No stack, no path of the server. At most 2,000 characters. */
  readonly message: string;
  readonly errorClass: ErrorClass;
  /** Fields for programs, at most 4 KiB as JSON. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Of the cause, set where a job becomes a dead letter (shared/domain/dead-letters/fingerprint.ts). */
  readonly fingerprint?: string;
}
