import type { JobPayload, WorkedJob } from '../domain/job.ts';
import type { StageSpec } from '../domain/pipeline.ts';
import type { StopSwitch } from '../domain/stop-switch.ts';
import type { Flights, Isolation } from './job-type-module.ts';
import type { OutputFile } from './output-store.ts';
import type { Outcome } from './stage-handler.ts';

/** A job whose claim is held here, with its payload. */
export interface ClaimedJob {
  readonly record: WorkedJob;
  readonly payload: JobPayload;
  /** At timeout, loss of the claim and shutdown. */
  readonly stop: Pick<StopSwitch, 'isStopped' | 'reason' | 'onStop'>;
  /** The same as a signal, made when it is first read. */
  readonly signal: AbortSignal;
  progress(fraction: number): void;
}

/** What a handler answered and the files it made, already stored. */
export interface TaskResult {
  readonly outcome: Outcome;
  readonly files: readonly OutputFile[];
}

/** Runs handlers: stages files, isolates, stores artifacts. Never throws: whatever goes wrong is an outcome. */
export interface TaskRunner {
  /** @returns undefined when this process has no handler for the type at the stage. */
  isolationOf(type: string, stageName: string): Isolation | undefined;
  /** True for an inline handler that may run twice for one attempt (HandlerSpec.mayRunTwice). */
  mayRunTwice(type: string, stageName: string): boolean;
  /** Of an inline handler that waits for a dependency: its batches are its own. */
  flightsOf?(type: string, stageName: string): Flights | undefined;
  /** One task, in the handler's own isolation, or in a child process when `isolate` is set (jobs that have crashed a worker). */
  runOne(job: ClaimedJob, stage: StageSpec, isolate: boolean): Promise<TaskResult>;
  /** A batch for an inline handler, answered in order. */
  runInline(jobs: readonly ClaimedJob[], stage: StageSpec): Promise<readonly TaskResult[]>;
}
