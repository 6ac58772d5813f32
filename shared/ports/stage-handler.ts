import type { JobError } from '../domain/errors.ts';
import type { Outside } from './outside.ts';

/** A file that a handler may read: an upload of the job or an output of an earlier stage. */
export interface TaskFile {
  /** `upload` for the job's upload, else the output's name, e.g. `profile.json`. */
  readonly name: string;
  /** Absolute path below the task's scratch folder. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Media type as stored, e.g. `text/csv`; what the client said for uploads. */
  readonly mediaType: string;
  /** The file name that the client gave at upload, if any (display only, never a path). */
  readonly originalName?: string;
}

/** Everything a handler is given. Plain data: it crosses thread and process borders. */
export interface StageTask {
  readonly job: {
    readonly id: string;
    readonly tenant: string;
    readonly type: string;
    /** Name of the stage, e.g. `p1`. */
    readonly stage: string;
    /** Counts from 1 within this stage and run. */
    readonly attempt: number;
    /** Counts replays from 0. */
    readonly run: number;
    readonly createdAt: Date;
  };
  /** The job's `input`, validated by the type's schema at submission. */
  readonly input: unknown;
  /** The job's `options`, validated by the type's schema at submission. */
  readonly options: unknown;
  /** Stable key for effects outside: `job:stage:run`. The same on every attempt of a run. */
  readonly effectKey: string;
  readonly files: readonly TaskFile[];
  /** Private folder, removed after the task. Empty for `inline` handlers: they have none. */
  readonly scratchDir: string;
  /** Folder below scratchDir into which artifacts are written. */
  readonly outDir: string;
  /** Resident memory (process isolation) or JS heap (thread isolation) that the handler may use, in MiB. */
  readonly memoryMb: number;
}

/** What a handler may call while it works. */
export interface StageTools {
  /** Aborted at timeout, cancellation, loss of the lease and shutdown; `reason` says which. */
  readonly signal: AbortSignal;
  /** Reports how far this stage is, 0..1. Cheap; sent at most 4 times a second. */
  progress(fraction: number): void;
  /** Of handlers that need a dependency (HandlerSpec.outside). */
  readonly outside?: Outside;
}

/** A file that the handler wrote below `outDir`. */
export interface Artifact {
  /** Unique within the stage, `[A-Za-z0-9._-]{1,100}`. The file `outDir/<name>` must exist unless `data` is given. */
  readonly name: string;
  readonly mediaType: string;
  /** `user`: listed and downloadable by the caller. `internal`: only for later stages. */
  readonly audience: 'user' | 'internal';
  /** Content of a small artifact, instead of a file (the only way for `inline` handlers). */
  readonly data?: string;
}

/** What a handler answers. Data, never an exception: a throw counts as `retry` with code `handler_error`. */
export type Outcome =
  | { readonly kind: 'done'; readonly artifacts?: readonly Artifact[]; readonly summary?: Readonly<Record<string, unknown>> }
  | { readonly kind: 'retry'; readonly error: JobError; readonly afterMs?: number }
  | { readonly kind: 'reject'; readonly error: JobError }
  /** Not now: handed back for so long, which is no attempt. Of a job whose dependency is away. */
  | { readonly kind: 'hold'; readonly afterMs: number };

/** Handles one task. */
export type StageHandler = (task: StageTask, tools: StageTools) => Promise<Outcome>;

/** Handles a batch of tasks (inline handlers only); answers in the order of the tasks. */
export type BatchStageHandler = (tasks: readonly StageTask[], tools: StageTools) => Promise<readonly Outcome[]>;
