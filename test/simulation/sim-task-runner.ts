import { StoreUnavailableError } from '../../shared/domain/failures.ts';
import type { StageSpec } from '../../shared/domain/pipeline.ts';
import type { Isolation } from '../../shared/ports/job-type-module.ts';
import type { OutputFile, OutputStore } from '../../shared/ports/output-store.ts';
import type { Outcome } from '../../shared/ports/stage-handler.ts';
import type { ClaimedJob, TaskResult, TaskRunner } from '../../shared/ports/task-runner.ts';
import type { Effect } from '../oracles/effects.ts';
import type { Behaviour, SimType } from './plan.ts';
import type { SimProcess } from './sim-process.ts';
import { ISOLATION } from './sim-types.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

const STORE_AGAIN_MS = 500;
const STOPPED: Outcome = { kind: 'retry', error: { code: 'stopped', message: 'Stopped.', errorClass: 'retry' } };
const NEVER = new Promise<never>(() => undefined);
/** Maker of what was produced without a claim. */
export const UNCLAIMED = 'unclaimed';

export interface RunnerDeps {
  readonly process: SimProcess;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly outputs: OutputStore;
  readonly slots: number;
  /** What this run of the job's stage does: counted over all processes. */
  behaviourOf(job: ClaimedJob): Behaviour;
  onEffect(effect: Effect): void;
  /** Told when a handler made something: `job/stage/claim`. */
  onProduct(key: string): void;
  /** More isolated handlers at once than there are slots. */
  onOverload(active: number): void;
}

/** Handlers that do what the schedule says; like the real runner it answers when a signal aborts. */
export class SimTaskRunner implements TaskRunner {
  readonly #deps: RunnerDeps;
  #active = 0;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  isolationOf(type: string): Isolation | undefined {
    return ISOLATION[type as SimType];
  }

  mayRunTwice(type: string): boolean {
    return type === ('fused' satisfies SimType);
  }

  async runOne(job: ClaimedJob, _stage: StageSpec, isolate: boolean): Promise<TaskResult> {
    // Inline handlers that have crashed a worker run alone, beside the slots.
    if (ISOLATION[job.record.type as SimType] === 'inline') return this.#run(job, isolate);
    this.#active += 1;
    if (this.#active > this.#deps.slots) this.#deps.onOverload(this.#active);
    try {
      return await this.#run(job, isolate);
    } finally {
      this.#active -= 1;
    }
  }

  runInline(jobs: readonly ClaimedJob[]): Promise<readonly TaskResult[]> {
    return Promise.all(jobs.map((job) => this.#run(job, false)));
  }

  async #run(job: ClaimedJob, isolate: boolean): Promise<TaskResult> {
    const behaviour = this.#deps.behaviourOf(job);
    const { record } = job;
    this.#deps.trace.note(
      this.#deps.process.name,
      `handler ${behaviour.kind}`,
      () => `${record.id.slice(-12)} stage ${record.stage} run ${record.run} epoch ${record.epoch}, ${behaviour.ms} ms`,
    );
    const handled = this.#handle(job, behaviour, isolate);
    const outcome = await (behaviour.ignoresAbort ? handled : Promise.race([handled, aborted(job.signal)]));
    if (outcome.kind !== 'done') return { outcome, files: [] };
    return this.#withFiles(job, outcome, behaviour);
  }

  async #handle(job: ClaimedJob, behaviour: Behaviour, isolate: boolean): Promise<Outcome> {
    const { process } = this.#deps;
    const parts = behaviour.reportsProgress ? 4 : 1;
    for (let part = 1; part <= parts; part += 1) {
      await process.clock.sleep(behaviour.ms / parts, behaviour.ignoresAbort ? undefined : job.signal);
      if (job.signal.aborted && !behaviour.ignoresAbort) return STOPPED;
      if (behaviour.reportsProgress) job.progress(part / parts);
    }
    if (!process.isAlive) return NEVER;
    if (behaviour.freezeMs !== undefined) process.freeze(behaviour.freezeMs);
    switch (behaviour.kind) {
      case 'crash':
      case 'hard_crash':
        if (isolate && behaviour.kind === 'crash') return failure('handler_died', 'crash');
        process.crash(`a handler of ${job.record.id.slice(-12)} ended it`);
        return NEVER;
      case 'retry':
        return { ...failure('broken', 'retry'), ...(behaviour.afterMs !== undefined && { afterMs: behaviour.afterMs }) };
      case 'throw':
        return failure('handler_error', 'retry');
      case 'reject':
        return { kind: 'reject', error: { code: 'bad_input', message: 'It is wrong.', errorClass: 'reject' } };
      case 'done':
        this.#effect(job);
        if (behaviour.output) this.#deps.onProduct(`${job.record.id}/${job.record.stage}/${job.record.claim}`);
        return { kind: 'done', ...(behaviour.output === 'summary' && { summary: { maker: makerOf(job) } }) };
    }
  }

  #effect({ record }: ClaimedJob): void {
    const { id, stage, run, epoch } = record;
    const { process, timeline, trace } = this.#deps;
    // Claimed and committed in one write later: no claim yet.
    const held = record.state === 'RUNNING' && record.claim !== undefined ? { epoch, claim: record.claim } : undefined;
    trace.note(process.name, 'effect', () => `${id.slice(-12)}:${stage}:${run} epoch ${epoch} claim ${record.claim?.slice(-12)}`);
    this.#deps.onEffect({ key: `${id}:${stage}:${run}`, jobId: id, stage, run, ...held, atMs: timeline.nowMs });
  }

  async #withFiles(job: ClaimedJob, outcome: Outcome, behaviour: Behaviour): Promise<TaskResult> {
    if (behaviour.output !== 'file') return { outcome, files: [] };
    for (;;) {
      try {
        const stored = await this.#deps.outputs.writeFile(makerOf(job), 'text/plain', Buffer.from('rows'));
        const file: OutputFile = { ...stored, audience: 'user' };
        return { outcome, files: [file] };
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
        if (job.signal.aborted) return { outcome: STOPPED, files: [] };
        await this.#deps.process.clock.sleep(STORE_AGAIN_MS, job.signal);
      }
    }
  }
}

/** Whose product it is, for the oracle; of a job that is claimed and committed in one write later nobody knows yet. */
function makerOf({ record }: ClaimedJob): string {
  return record.claim ?? UNCLAIMED;
}

function failure(code: string, errorClass: 'retry' | 'crash'): Outcome & { readonly kind: 'retry' } {
  return { kind: 'retry', error: { code, message: 'It broke.', errorClass } };
}

function aborted(signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(STOPPED);
    signal.addEventListener('abort', () => resolve(STOPPED), { once: true });
  });
}
