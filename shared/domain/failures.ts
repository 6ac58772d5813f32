/** Failures that a caller can act on; HTTP statuses are decided in the gateway, every code is in docs/errors.md. */
export abstract class JoblineError extends Error {
  abstract readonly code: string;
}

/** MongoDB cannot be reached or did not answer in time. For writes the outcome is unknown. */
export class StoreUnavailableError extends JoblineError {
  readonly code = 'store_unavailable';
}

/** A list cursor that this service did not issue. */
export class InvalidCursorError extends JoblineError {
  readonly code = 'invalid_cursor';
}

/** A search that would take longer than a request may. */
export class SearchTooWideError extends JoblineError {
  readonly code = 'search_too_wide';

  constructor() {
    super('The search took too long. Narrow it, e.g. by a tag or an age.');
  }
}

/** Bytes that are not stored (any more). */
export class FileGoneError extends JoblineError {
  readonly code = 'file_gone';
}

/** An upload beyond its limit. */
export class UploadTooLargeError extends JoblineError {
  readonly code = 'upload_too_large';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`The upload is larger than the limit of ${maxBytes} bytes.`);
    this.maxBytes = maxBytes;
  }
}

/** The topology in the broker is missing or different. */
export class TopologyError extends JoblineError {
  readonly code = 'topology_missing';
}

/** The database's schema is older than this release needs. */
export class MigrationsMissingError extends JoblineError {
  readonly code = 'migrations_missing';

  constructor(database: string, missing: readonly { readonly version: number; readonly name: string }[]) {
    const names = missing.map(({ version, name }) => `${version} (${name})`).join(', ');
    super(`Database ${database} lacks the migrations ${names}: run the prepare step (deploy/local/prepare) of this release first.`);
  }
}

/** Wrong settings: all problems at once. */
export class ConfigError extends JoblineError {
  readonly code = 'config_invalid';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Wrong settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** A job that does not exist, or not for this tenant. */
export class JobNotFoundError extends JoblineError {
  readonly code = 'job_not_found';
  constructor(id: string) {
    super(`No job with id ${JSON.stringify(id.slice(0, 64))}.`);
  }
}

/** A transition that the job's present state does not allow. */
export class JobConflictError extends JoblineError {
  readonly code = 'job_conflict';
}

/** A job whose end has not been told by its event yet: a second later it mostly has. */
export class JobEndNotToldError extends JobConflictError {
  readonly retryAfterSeconds = 1;

  constructor() {
    super('The event of its end has not been published yet. Try again in a second; it needs a scheduler and RabbitMQ.');
  }
}

/** A job that is not as the caller has seen it any more. */
export class JobChangedError extends JoblineError {
  readonly code = 'precondition_failed';

  constructor() {
    super('The job has changed since it was read.');
  }
}

/** An idempotency key that was used with another request. */
export class IdempotencyMismatchError extends JoblineError {
  readonly code = 'idempotency_mismatch';
}

/** Too much is waiting already; come back later. */
export class OverloadedError extends JoblineError {
  readonly code = 'overloaded';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Too many of one tenant's jobs are waiting already; come back later. */
export class QuotaExceededError extends JoblineError {
  readonly code = 'quota_exceeded';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A schedule id that nobody has, or that belongs to another tenant. */
export class ScheduleNotFoundError extends JoblineError {
  readonly code = 'schedule_not_found';
  constructor(id: string) {
    super(`There is no schedule ${JSON.stringify(id.slice(0, 64))}.`);
  }
}

/** A schedule that was written too often by others, or holds too much, to be changed now. */
export class ScheduleBusyError extends JoblineError {
  readonly code = 'schedule_busy';
  readonly retryAfterSeconds = 1;

  constructor() {
    super('The schedule is being worked on, or too many of its ticks wait. Try again.');
  }
}
