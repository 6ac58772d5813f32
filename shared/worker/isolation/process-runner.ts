import type { Logger } from '../../ports/logger.ts';
import type { Outcome, StageTask } from '../../ports/stage-handler.ts';
import { HandlerProcess } from './handler-process.ts';
import type { HandlerRunner } from './handler-runner.ts';

/** An idle handler process is kept this long for the next task. */
const IDLE_MS = 10_000;
/** A process is replaced after this many tasks: native memory that fragments does not pile up. */
const MAX_TASKS = 50;

/**
 * Runs handlers in child processes with one memory limit, reusing idle ones. A process is used for one task at a time and
 * never again after anything but an answer.
 */
export class ProcessRunner implements HandlerRunner {
  readonly #memoryMb: number;
  readonly #logger: Logger;
  readonly #all = new Set<HandlerProcess>();
  readonly #idle = new Map<HandlerProcess, NodeJS.Timeout>();
  #stopped = false;

  /** @param memoryMb resident memory of a process, MiB; Node itself needs about 60. */
  constructor(memoryMb: number, logger: Logger) {
    this.#memoryMb = memoryMb;
    this.#logger = logger;
  }

  async run(module: string, task: StageTask, signal: AbortSignal, progress: (fraction: number) => void): Promise<Outcome> {
    const handler = this.#takeIdle() ?? this.#start();
    const outcome = await handler.run(module, task, signal, progress);
    if (outcome.kind !== 'done' && handler.stderrTail !== '') {
      this.#logger.warn(
        { job_id: task.job.id, stage: task.job.stage, attempt: task.job.attempt, stderr: handler.stderrTail },
        'handler wrote to standard error',
      );
    }
    await this.#giveBack(handler, outcome);
    return outcome;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#idle.values()) clearTimeout(timer);
    await Promise.all([...this.#all].map((handler) => this.#end(handler)));
  }

  #takeIdle(): HandlerProcess | undefined {
    for (const [handler, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(handler);
      if (handler.isAlive) return handler;
      this.#all.delete(handler);
    }
    return undefined;
  }

  #start(): HandlerProcess {
    const handler = new HandlerProcess(this.#memoryMb);
    this.#all.add(handler);
    return handler;
  }

  async #giveBack(handler: HandlerProcess, outcome: Outcome): Promise<void> {
    const reusable = outcome.kind === 'done' && handler.isAlive && handler.tasksDone < MAX_TASKS && !this.#stopped;
    if (!reusable) return this.#end(handler);
    const timer = setTimeout(() => {
      this.#idle.delete(handler);
      void this.#end(handler);
    }, IDLE_MS);
    this.#idle.set(handler, timer);
  }

  async #end(handler: HandlerProcess): Promise<void> {
    await handler.end();
    this.#all.delete(handler);
  }
}
