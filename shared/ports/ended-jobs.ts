import type { JobRecord } from '../domain/job.ts';

/** A place in the order of ends. */
export interface EndedPlace {
  readonly doneAt: Date;
  readonly id: string;
}

/** Jobs that have ended, in the order of their ends. Methods throw `StoreUnavailableError`. */
export interface EndedJobs {
  /** Makes ready what `after` needs; on many jobs that takes long, once. */
  prepare(): Promise<void>;
  /** The next jobs after a place (undefined: from the first), of those that ended before a moment, as no fail-over can take them back. */
  after(place: EndedPlace | undefined, before: Date, limit: number): Promise<readonly JobRecord[]>;
  /** Removes the payloads that are stored apart from their jobs; durable when it returns. */
  removePayloads(ids: readonly string[]): Promise<void>;
}
