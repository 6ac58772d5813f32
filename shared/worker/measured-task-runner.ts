import type { StageSpec } from '../domain/pipeline.ts';
import type { Clock } from '../ports/clock.ts';
import type { Flights, Isolation } from '../ports/job-type-module.ts';
import type { ClaimedJob, TaskResult, TaskRunner } from '../ports/task-runner.ts';

/** Told how long the handlers of a stage of a type took: for one job, or for a batch of inline ones. */
export type NoteDuration = (type: string, stageName: string, durationMs: number) => void;

/** Runs handlers by another runner, and tells how long each call took. */
export class MeasuredTaskRunner implements TaskRunner {
  readonly #runner: TaskRunner;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #note: NoteDuration;

  constructor(runner: TaskRunner, clock: Pick<Clock, 'monotonicMs'>, note: NoteDuration) {
    this.#runner = runner;
    this.#clock = clock;
    this.#note = note;
  }

  isolationOf(type: string, stageName: string): Isolation | undefined {
    return this.#runner.isolationOf(type, stageName);
  }

  mayRunTwice(type: string, stageName: string): boolean {
    return this.#runner.mayRunTwice(type, stageName);
  }

  flightsOf(type: string, stageName: string): Flights | undefined {
    return this.#runner.flightsOf?.(type, stageName);
  }

  runOne(job: ClaimedJob, stage: StageSpec, isolate: boolean): Promise<TaskResult> {
    return this.#measured(job.record.type, stage.name, () => this.#runner.runOne(job, stage, isolate));
  }

  runInline(jobs: readonly ClaimedJob[], stage: StageSpec): Promise<readonly TaskResult[]> {
    return this.#measured(jobs[0]!.record.type, stage.name, () => this.#runner.runInline(jobs, stage));
  }

  async #measured<T>(type: string, stageName: string, run: () => Promise<T>): Promise<T> {
    const startedAtMs = this.#clock.monotonicMs();
    try {
      return await run();
    } finally {
      this.#note(type, stageName, this.#clock.monotonicMs() - startedAtMs);
    }
  }
}
