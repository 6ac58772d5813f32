import { FileGoneError, StoreUnavailableError } from '../domain/failures.ts';
import type { StageSpec } from '../domain/pipeline.ts';
import type { Clock } from '../ports/clock.ts';
import type { Flights, HandlerSpec, Isolation } from '../ports/job-type-module.ts';
import type { Logger } from '../ports/logger.ts';
import type { OutputStore } from '../ports/output-store.ts';
import type { Outside } from '../ports/outside.ts';
import type { Outcome, StageTask, StageTools } from '../ports/stage-handler.ts';
import type { ClaimedJob, TaskResult, TaskRunner } from '../ports/task-runner.ts';
import { checkedOutcome, retryOutcome, stoppedOutcome, thrownOutcome } from './isolation/handler-error.ts';
import type { HandlerRunner } from './isolation/handler-runner.ts';
import { type InlineHandler, loadInlineHandler } from './isolation/load-handler.ts';
import { OutsideRunner } from './isolation/outside-runner.ts';
import { ProcessRunner } from './isolation/process-runner.ts';
import { ThreadRunner } from './isolation/thread-runner.ts';
import type { Scratch, TaskFolders } from './scratch.ts';
import { BadArtifactError, stageFiles, storeArtifacts } from './task-files.ts';

export const DEFAULT_MEMORY_MB = 256;
const STORE_AGAIN_MS = 500;

/** Handlers of one process: job type → stage name → where and how. */
export type HandlerTable = Readonly<Record<string, Readonly<Record<string, HandlerSpec>>>>;

export interface TaskRunnerDeps {
  readonly handlers: HandlerTable;
  readonly outputs: OutputStore;
  readonly scratch: Scratch;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Threads at once. */
  readonly slots: number;
  /** For handlers that need a dependency. */
  readonly outside?: Outside;
}

/** Runs handlers inline, in threads or in processes, as their specification says; isolated ones get files and a folder. */
export class IsolatedTaskRunner implements TaskRunner {
  readonly #deps: TaskRunnerDeps;
  readonly #runners = new Map<string, HandlerRunner>();

  constructor(deps: TaskRunnerDeps) {
    this.#deps = deps;
  }

  isolationOf(type: string, stageName: string): Isolation | undefined {
    return this.#specOf(type, stageName)?.isolation;
  }

  mayRunTwice(type: string, stageName: string): boolean {
    const spec = this.#specOf(type, stageName);
    return spec?.isolation === 'inline' && spec.mayRunTwice === true;
  }

  flightsOf(type: string, stageName: string): Flights | undefined {
    const spec = this.#specOf(type, stageName);
    return spec?.isolation === 'inline' ? spec.outside : undefined;
  }

  async runOne(job: ClaimedJob, stage: StageSpec, isolate: boolean): Promise<TaskResult> {
    const spec = this.#specOf(job.record.type, stage.name)!;
    // What they need is not to be had in a process of their own.
    if (spec.isolation === 'inline' && (!isolate || spec.outside)) return (await this.runInline([job], stage))[0]!;
    return this.#runInFolder(job, stage, spec, isolate);
  }

  async #runInFolder(job: ClaimedJob, stage: StageSpec, spec: HandlerSpec, isolate: boolean): Promise<TaskResult> {
    let folders: TaskFolders | undefined;
    try {
      folders = await this.#deps.scratch.createTask(`${job.record.id}-${job.record.epoch}`);
      return await this.#runStaged(job, stage, spec, folders, isolate);
    } catch (error) {
      return { outcome: this.#failureOf(error, job), files: [] };
    } finally {
      if (folders) await this.#remove(folders);
    }
  }

  async runInline(jobs: readonly ClaimedJob[], stage: StageSpec): Promise<readonly TaskResult[]> {
    const spec = this.#specOf(jobs[0]!.record.type, stage.name)!;
    if (spec.outside && spec.outside.jobs === 1) return Promise.all(jobs.map((job) => this.#runInFolder(job, stage, spec, false)));
    const outcomes = await this.#inlineOutcomes(jobs, stage, spec);
    if (!outcomes.some(hasArtifacts)) return outcomes.map((outcome) => ({ outcome, files: [] }));
    return Promise.all(jobs.map((job, index) => this.#withStoredArtifacts(job, outcomes[index]!, undefined)));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  #specOf(type: string, stageName: string): HandlerSpec | undefined {
    return this.#deps.handlers[type]?.[stageName];
  }

  async #runStaged(job: ClaimedJob, stage: StageSpec, spec: HandlerSpec, folders: TaskFolders, isolate: boolean): Promise<TaskResult> {
    const files = await this.#patiently(job.signal, () => stageFiles(this.#deps.outputs, job.record, folders, job.signal));
    const memoryMb = spec.memoryMb ?? DEFAULT_MEMORY_MB;
    const task = taskOf(job, stage, { memoryMb, files, scratchDir: folders.root, outDir: folders.outDir });
    const runner = this.#runnerOf(spec, isolate, memoryMb);
    const outcome = await runner.run(spec.module, task, job.signal, job.progress);
    return this.#withStoredArtifacts(job, outcome, folders);
  }

  /** A job whose signal aborts is answered without waiting for the others. */
  async #inlineOutcomes(jobs: readonly ClaimedJob[], stage: StageSpec, spec: HandlerSpec): Promise<readonly Outcome[]> {
    const tasks = jobs.map((job) => taskOf(job, stage, NO_FOLDER));
    const handler = await loadInlineHandler(spec.module).catch((error: unknown) => thrownOutcome(error));
    if ('kind' in handler) return jobs.map(() => handler);
    return outcomesOf(jobs, answersOf(handler, jobs, tasks, spec.outside && this.#deps.outside));
  }

  async #withStoredArtifacts(job: ClaimedJob, outcome: Outcome, folders: TaskFolders | undefined): Promise<TaskResult> {
    if (!hasArtifacts(outcome)) return { outcome, files: [] };
    const { artifacts } = outcome;
    try {
      return { outcome, files: await this.#patiently(job.signal, () => storeArtifacts(this.#deps.outputs, artifacts, folders)) };
    } catch (error) {
      return { outcome: this.#failureOf(error, job), files: [] };
    }
  }

  /** The store being away is no fault of the job's: repeated until it answers or the claim is lost. */
  async #patiently<T>(signal: AbortSignal, operation: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await operation();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || signal.aborted) throw error;
        await this.#deps.clock.sleep(STORE_AGAIN_MS, signal);
      }
    }
  }

  #failureOf(error: unknown, job: ClaimedJob): Outcome {
    if (job.stop.isStopped) return stoppedOutcome(job.stop.reason);
    if (error instanceof FileGoneError)
      return { kind: 'reject', error: { code: error.code, message: error.message, errorClass: 'reject' } };
    if (error instanceof BadArtifactError) return retryOutcome({ code: 'bad_artifact', message: error.message, errorClass: 'retry' });
    this.#deps.logger.error({ err: error, job_id: job.record.id }, 'preparing a task failed');
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      return retryOutcome({ code: 'scratch_full', message: "The worker's scratch folder is full.", errorClass: 'retry' });
    }
    return retryOutcome({ code: 'worker_error', message: 'The worker could not run the handler.', errorClass: 'retry' });
  }

  #runnerOf(spec: HandlerSpec, isolate: boolean, memoryMb: number): HandlerRunner {
    if (spec.outside) return new OutsideRunner(this.#deps.outside);
    return this.#runnerFor(!isolate && spec.isolation === 'thread' ? 'thread' : 'process', memoryMb);
  }

  #runnerFor(kind: 'thread' | 'process', memoryMb: number): HandlerRunner {
    const key = `${kind}:${memoryMb}`;
    let runner = this.#runners.get(key);
    if (!runner) {
      runner = kind === 'thread' ? new ThreadRunner(memoryMb, this.#deps.slots) : new ProcessRunner(memoryMb, this.#deps.logger);
      this.#runners.set(key, runner);
    }
    return runner;
  }

  async #remove(folders: TaskFolders): Promise<void> {
    try {
      await this.#deps.scratch.removeTask(folders);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'a scratch folder could not be removed');
    }
  }
}

/** What a handler has of the machine. */
type Provided = Pick<StageTask, 'memoryMb' | 'files' | 'scratchDir' | 'outDir'>;

const NO_FOLDER: Provided = { memoryMb: 0, files: [], scratchDir: '', outDir: '' };

function taskOf({ record, payload }: ClaimedJob, { name }: StageSpec, { memoryMb, files, scratchDir, outDir }: Provided): StageTask {
  const { id, tenant, type, attempt, run, createdAt } = record;
  return {
    job: { id, tenant, type, stage: name, attempt, run, createdAt },
    input: payload.input,
    options: payload.options,
    effectKey: `${id}:${name}:${run}`,
    memoryMb,
    files: [...files],
    scratchDir,
    outDir,
  };
}

function hasArtifacts(outcome: Outcome): outcome is Outcome & { readonly artifacts: NonNullable<DoneOutcome['artifacts']> } {
  return outcome.kind === 'done' && outcome.artifacts !== undefined && outcome.artifacts.length > 0;
}

type DoneOutcome = Extract<Outcome, { readonly kind: 'done' }>;

/**
 * One answer a job. `handle` is called for each job with that job's own signal: what one throws, and the end of one, are
 * nothing to the others. `handleBatch` is called once, and takes that upon itself.
 */
function answersOf(
  handler: InlineHandler,
  jobs: readonly ClaimedJob[],
  tasks: readonly StageTask[],
  outside: Outside | undefined,
): readonly Promise<unknown>[] {
  if ('single' in handler) return jobs.map((job, index) => answerOf(() => handler.single(tasks[index]!, new LazyTools(job))));
  const all = (async () => handler.batch(tasks, outside ? { outside, ...allTools(jobs) } : toolsOfAll(jobs)))();
  return jobs.map(async (_, index) => (await all)[index]);
}

/** What a handler throws before its first await is a rejection, too. An async function would add a promise and three turns to each job. */
function answerOf(handle: () => unknown): Promise<unknown> {
  try {
    return Promise.resolve(handle());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What a handler is given: the signal is made when it is read. */
class LazyTools implements StageTools {
  readonly progress: (fraction: number) => void;
  readonly #job: ClaimedJob;

  constructor(job: ClaimedJob) {
    this.#job = job;
    this.progress = job.progress;
  }

  get signal(): AbortSignal {
    return this.#job.signal;
  }
}

/** As `toolsOfAll`, with a signal that is there from the beginning. */
function allTools(jobs: readonly ClaimedJob[]): StageTools {
  const { progress, signal } = toolsOfAll(jobs);
  return { progress, signal };
}

function toolsOfAll(jobs: readonly ClaimedJob[]): StageTools {
  if (jobs.length === 1) return new LazyTools(jobs[0]!);
  let signal: AbortSignal | undefined;
  return {
    progress: (fraction) => {
      for (const job of jobs) job.progress(fraction);
    },
    get signal() {
      signal ??= AbortSignal.any(jobs.map((job) => job.signal));
      return signal;
    },
  };
}

/**
 * What the handler answers each job, or that it was stopped: a job that is told to stop is answered without waiting for its handler.
 * One promise for all of them: three a job were a tenth of what the engine does for it.
 */
function outcomesOf(jobs: readonly ClaimedJob[], answers: readonly Promise<unknown>[]): Promise<readonly Outcome[]> {
  return new Promise((resolve) => {
    const outcomes = new Array<Outcome>(jobs.length);
    let open = jobs.length;
    const take = (index: number, outcome: Outcome): void => {
      if (outcomes[index]) return;
      outcomes[index] = outcome;
      open -= 1;
      if (open === 0) resolve(outcomes);
    };
    for (const [index, { stop }] of jobs.entries()) {
      answers[index]!.then(
        (value) => take(index, checkedOutcome(value)),
        (error: unknown) => take(index, thrownOutcome(error)),
      );
      stop.onStop((reason) => take(index, stoppedOutcome(reason)));
    }
  });
}
