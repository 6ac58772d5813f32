import type { Limit } from '../../shared/domain/control/limit.ts';
import type { JobError } from '../../shared/domain/errors.ts';
import type { JobRecord, Lane } from '../../shared/domain/job.ts';
import { defineJobType, type JobTypeSpec, Pipelines } from '../../shared/domain/pipeline.ts';
import type { EngineTuning } from '../../shared/jobs/engine-tuning.ts';
import { DueRelay } from '../../shared/jobs/relay-due.ts';
import { JobReplayer } from '../../shared/jobs/replay-job.ts';
import type { SlowGate } from '../../shared/jobs/slow-gate.ts';
import { StageEngine } from '../../shared/jobs/stage-engine.ts';
import { JobSubmitter, type SubmitRequest } from '../../shared/jobs/submit-job.ts';
import type { NewJob } from '../../shared/ports/job-store.ts';
import type { Consumer } from '../../shared/ports/message-bus.ts';
import type { Outcome } from '../../shared/ports/stage-handler.ts';
import { MemoryBroker } from './memory-broker.ts';
import { MemoryJobStore } from './memory-job-store.ts';
import { MemoryLimitPlaces } from './memory-limit-places.ts';
import { MemoryMessageBus, samePrefetch } from './memory-message-bus.ts';
import { MemoryOutputStore } from './memory-output-store.ts';
import { MemoryRateBuckets } from './memory-rate-buckets.ts';
import { MemoryWaitingTurns } from './memory-waiting-turns.ts';
import { type Script, ScriptedTaskRunner } from './scripted-task-runner.ts';
import { silentLogger } from './silent-logger.ts';
import { settled, VirtualClock } from './virtual-clock.ts';

export const LEASE_MS = 30_000;
export const RETRY = { maxAttempts: 3, baseDelayMs: 2_000, maxDelayMs: 300_000 };
export const BROKEN: JobError = { code: 'broken', message: 'It broke.', errorClass: 'retry' };
export const REJECTED: JobError = { code: 'bad_input', message: 'It is wrong.', errorClass: 'reject' };
export const done: Outcome = { kind: 'done' };
export const retry: Outcome = { kind: 'retry', error: BROKEN };
export const reject: Outcome = { kind: 'reject', error: REJECTED };

const stageNamesOf = ({ stages }: JobTypeSpec) => stages.map(({ name }) => name);

export interface EngineSettings {
  readonly slots?: number;
  readonly prefetch?: number;
  readonly stages?: readonly string[];
  readonly owner?: string;
  readonly tuning?: EngineTuning;
  readonly slow?: SlowGate;
  readonly notedFrom?: number;
  /** Jobs that are not to be worked now. */
  holdBack?(record: JobRecord): number | undefined;
}

/** A worker process of a test. */
export interface Worker {
  readonly engine: StageEngine;
  readonly bus: MemoryMessageBus;
  readonly consumer: Consumer;
  /** As a kill does: its connection and all that it held are gone; what it still does reaches neither broker nor store. */
  crash(): void;
}

/**
 * The engine over stores and a broker in memory and a clock that stands still. Types: `job` (two stages, own slots), `quick`
 * (two stages, inline, in batches), `twice` (the same, and may run twice), `rare` (two stages, known to the pipelines, no handler), `http` (two stages,
 * inline, three at a time, beside the others).
 */
export class EngineWorld {
  readonly clock = new VirtualClock();
  readonly store = new MemoryJobStore({ clock: this.clock });
  readonly outputs = new MemoryOutputStore({ clock: this.clock, jobs: this.store });
  readonly broker = new MemoryBroker({ stageNames: [...new Set(['p1', 'p2', ...this.moreTypes().flatMap(stageNamesOf)])] });
  readonly bus = new MemoryMessageBus({ broker: this.broker, clock: this.clock });
  readonly pipelines = new Pipelines([
    ...['job', 'quick', 'twice', 'rare', 'http'].map((name) =>
      defineJobType(name, [
        { name: 'p1', timeoutMs: 600_000, retry: RETRY, isInline: name === 'quick' || name === 'twice' },
        { name: 'p2', timeoutMs: 60_000, retry: RETRY, isInline: name === 'quick' || name === 'twice' },
      ]),
    ),
    ...this.moreTypes(),
  ]);
  readonly log: { level: string; message: string; fields: object }[] = [];
  readonly deps = { store: this.store, bus: this.bus, clock: this.clock, pipelines: this.pipelines, logger: silentLogger(this.log) };
  readonly submitter = new JobSubmitter(this.deps);
  readonly replayer = new JobReplayer(this.deps);
  readonly relay = new DueRelay(this.deps);
  readonly places = new MemoryLimitPlaces({ clock: this.clock });
  readonly turns = new MemoryWaitingTurns(this.store);
  readonly buckets = new MemoryRateBuckets({ clock: this.clock });
  /** What operators have limited; a test may change it. */
  limits: readonly Limit[] = [];
  /** What the stages do; a test may change it. */
  script: Script = () => done;
  readonly runner = new ScriptedTaskRunner({
    job: { isolation: 'thread', script: (job, stage) => this.script(job, stage) },
    quick: { isolation: 'inline', script: (job, stage) => this.script(job, stage) },
    twice: { isolation: 'inline', mayRunTwice: true, script: (job, stage) => this.script(job, stage) },
    http: { isolation: 'inline', flights: { jobs: 1, atOnce: 3 }, script: (job, stage) => this.script(job, stage) },
  });
  readonly #never = new AbortController();

  /** Further types, and versions of those that there are. */
  protected moreTypes(): readonly JobTypeSpec[] {
    return [];
  }

  /** Starts a worker on the stages' queues. */
  async worker({
    slots = 4,
    prefetch = 100,
    stages = ['p1', 'p2'],
    owner = 'worker-1',
    holdBack,
    tuning,
    slow,
    notedFrom,
  }: EngineSettings = {}): Promise<Worker> {
    const bus = new MemoryMessageBus({ broker: this.broker, clock: this.clock });
    const limited = { places: this.places, waiting: this.turns, buckets: this.buckets, limits: () => this.limits };
    const more = {
      owner,
      leaseMs: LEASE_MS,
      slots,
      limited,
      ...(holdBack && { holdBack }),
      ...(tuning && { tuning }),
      ...(slow && { slow }),
      ...(notedFrom !== undefined && { notedFrom }),
    };
    const engine = new StageEngine({ ...this.deps, bus, outputs: this.outputs, runner: this.runner, ...more });
    const consumer = await bus.consume({ stages, prefetch: samePrefetch(prefetch), onDelivery: (delivery) => engine.accept(delivery) });
    return {
      engine,
      bus,
      consumer,
      crash: () => {
        bus.isConnected = false;
      },
    };
  }

  request(more: Partial<SubmitRequest> = {}): SubmitRequest {
    return { tenant: 't', type: 'job', lane: 'standard', payload: { input: 1, options: {} }, reqHash: 'hash', ...more };
  }

  async submit(more: Partial<SubmitRequest> = {}): Promise<string> {
    return (await this.submitter.submit(this.request(more))).id;
  }

  /** Inserts a job without ringing. */
  async insert(more: Partial<NewJob> = {}): Promise<string> {
    const id = this.clock.uuid();
    const { offPeak: _, ...request } = this.request();
    await this.store.insert([{ ...request, pipelineVersion: 1, id, token: this.clock.uuid(), ...more }]);
    return more.id ?? id;
  }

  /** Puts a job's doorbell into its queue, with no trace in the store. */
  async ring(id: string, more: { gen?: number; stage?: number; lane?: Lane; type?: string } = {}): Promise<void> {
    const { stage = 0, gen = 1, lane = 'standard', type = 'job' } = more;
    await this.bus.publish([{ stageName: `p${stage + 1}`, stage, lane, type, bells: [{ id, gen }] }]);
    await settled();
  }

  record(id: string): JobRecord {
    const record = this.store.peek(id);
    if (!record) throw new Error(`There is no job ${id}`);
    return record;
  }

  state(id: string): string {
    return this.record(id).state;
  }

  until(id: string, state: string, withinMs = 60_000): Promise<void> {
    return this.clock.advanceUntil(`${id} is ${state}, it is ${this.state(id)}`, () => this.state(id) === state, withinMs);
  }

  relayNow(): Promise<number> {
    return this.relay.run(this.#never.signal);
  }

  /** Changes a record past the protocol. */
  patch(id: string, changes: Partial<JobRecord>): void {
    this.store.put({ ...this.record(id), ...changes });
  }

  /** Messages ready or held in the queue of a stage's lane. */
  inQueue(stageName: string, lane: Lane = 'standard'): number {
    const queue = this.bus.queueOf(stageName, lane);
    return this.broker.ready(queue).length + this.broker.unackedCount(queue);
  }

  /** How often a transition was asked for. */
  asked(name: string): number {
    return this.store.calls.filter(({ transition }) => transition?.name === name).length;
  }
}

/** A stage that works until the test lets it end. */
export function gate(): { readonly script: Script; open(outcome?: Outcome): void } {
  let open: (outcome: Outcome) => void = () => undefined;
  const opened = new Promise<Outcome>((resolve) => {
    open = resolve;
  });
  return { script: () => opened, open: (outcome = done) => open(outcome) };
}
