import type { PayloadCheck } from '../domain/payload-check.ts';
import type { JobTypeSpec } from '../domain/pipeline.ts';

/**
 * Where a handler runs.
 * `inline`: on the worker's own event loop, in batches; for short asynchronous work that cannot block; not interruptible.
 * `thread`: a worker thread, terminated at timeout; JS heap limited; for JavaScript that computes.
 * `process`: a child process, killed at timeout; resident memory limited; for native code (docs/decisions.md says why).
 */
export type Isolation = 'inline' | 'thread' | 'process';

/** Jobs of a batch for an inline handler, and batches under way at once, in one worker process. */
export interface Flights {
  readonly jobs: number;
  readonly atOnce: number;
}

/** Where a stage's handler for one job type is found and how it is run. */
export interface HandlerSpec {
  /** URL of the compiled module; its export `handle` is a StageHandler, or `handleBatch` a BatchStageHandler (inline only). */
  readonly module: string;
  readonly isolation: Isolation;
  /**
   * Inline only: the handler may run twice for one attempt without harm, since it has no effect outside or a repeated one
   * changes nothing. Its claim and its commit are then one write, it has no lease, and `RUNNING` is never shown. Default false.
   */
  readonly mayRunTwice?: boolean;
  /**
   * Of shipped inline handlers that wait for a dependency (shared/ports/outside.ts): they are given it as `tools.outside`, and batches of their own,
   * so that a slow one holds up nothing else. One that takes single jobs has files and folders, as isolated ones have.
   */
  readonly outside?: Flights;
  /** MiB: resident for `process`, JS heap for `thread`; unused for `inline`. Default 256. */
  readonly memoryMb?: number;
}

/**
 * A job type as a module: shipped ones are in the services' tables, a user's own are loaded from the files named by
 * JOBLINE_JOB_TYPES (comma-separated paths), each exporting `jobTypes: readonly JobTypeModule[]`.
 */
export interface JobTypeModule {
  readonly spec: JobTypeSpec;
  /** Checks `input` and `options` of a submission. */
  check(payload: { readonly input: unknown; readonly options: unknown }): PayloadCheck;
  /** By stage name. */
  readonly handlers: Readonly<Record<string, HandlerSpec>>;
}
