import type { StageSpec } from '../../shared/domain/pipeline.ts';
import type { Flights, Isolation } from '../../shared/ports/job-type-module.ts';
import type { Outcome } from '../../shared/ports/stage-handler.ts';
import type { ClaimedJob, TaskResult, TaskRunner } from '../../shared/ports/task-runner.ts';

/** What a test lets a stage do. */
export type Script = (job: ClaimedJob, stage: StageSpec) => Promise<Outcome> | Outcome;

/** One run of a handler, as it was asked for. */
export interface Run {
  readonly id: string;
  readonly stage: string;
  readonly isolate: boolean;
  readonly attempt: number;
}

export interface TypeScript {
  readonly isolation: Isolation;
  readonly script: Script;
  readonly mayRunTwice?: boolean;
  readonly flights?: Flights;
}

/** Aborted by its signal, a handler answers this. */
export const STOPPED: Outcome = { kind: 'retry', error: { code: 'stopped', message: 'Stopped.', errorClass: 'retry' } };

/** A TaskRunner whose handlers are a test's functions; like the real one it answers when the signal aborts. */
export class ScriptedTaskRunner implements TaskRunner {
  readonly runs: Run[] = [];
  /** Sizes of the batches that inline handlers were given. */
  readonly batches: number[] = [];
  /** Handlers at work now, and the most at once. */
  active = 0;
  peak = 0;
  readonly #types: Readonly<Record<string, TypeScript>>;

  constructor(types: Readonly<Record<string, TypeScript>>) {
    this.#types = types;
  }

  isolationOf(type: string): Isolation | undefined {
    return this.#types[type]?.isolation;
  }

  mayRunTwice(type: string): boolean {
    return this.#types[type]?.mayRunTwice === true;
  }

  flightsOf(type: string): Flights | undefined {
    return this.#types[type]?.flights;
  }

  async runOne(job: ClaimedJob, stage: StageSpec, isolate: boolean): Promise<TaskResult> {
    this.runs.push({ id: job.record.id, stage: stage.name, isolate, attempt: job.record.attempt });
    this.active += 1;
    this.peak = Math.max(this.peak, this.active);
    try {
      return { outcome: await Promise.race([this.#scriptOf(job)(job, stage), aborted(job.signal)]), files: [] };
    } finally {
      this.active -= 1;
    }
  }

  runInline(jobs: readonly ClaimedJob[], stage: StageSpec): Promise<readonly TaskResult[]> {
    this.batches.push(jobs.length);
    return Promise.all(jobs.map((job) => this.runOne(job, stage, false)));
  }

  #scriptOf({ record }: ClaimedJob): Script {
    return this.#types[record.type]!.script;
  }
}

function aborted(signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(STOPPED);
    signal.addEventListener('abort', () => resolve(STOPPED), { once: true });
  });
}
