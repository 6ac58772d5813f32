import { IdempotencyMismatchError } from '../domain/failures.ts';
import type { JobPayload, JobRecord, Lane } from '../domain/job.ts';
import type { InsertOutcome, NewJob } from '../ports/job-store.ts';
import type { BacklogGate } from './backlog-gate.ts';
import { MicroBatcher } from './micro-batcher.ts';
import { Ringer, type RingerDeps } from './ringer.ts';

/** Inserts in one flush; batches above 500 gave nothing more (docs/performance.md). */
const MAX_BATCH = 500;
/** Flushes under way at once. */
const MAX_FLIGHTS = 2;

/** A validated submission. */
export interface SubmitRequest {
  readonly tenant: string;
  readonly type: string;
  readonly lane: Lane;
  readonly payload: JobPayload;
  readonly uploadId?: string;
  readonly idemKey?: string;
  /** SHA-256 of the canonical request, hex. */
  readonly reqHash: string;
  readonly runAt?: Date;
  readonly deadlineAt?: Date;
  /** 1..25. */
  readonly maxAttempts?: number;
}

export interface SubmitResult {
  readonly id: string;
  /** False: the idempotency key was used before, with the same request. */
  readonly created: boolean;
  /** The stored job of an earlier request with the same key. */
  readonly record?: JobRecord;
}

export interface SubmitDeps extends RingerDeps {
  /** Bounds the jobs that wait; without it there is no bound. */
  readonly gate?: BacklogGate;
  /** Told how many jobs are inserted in one write. */
  onInsert?(jobs: number): void;
}

/** T1 and T2: accepts jobs durably, many in one write, and rings their bells. */
export class JobSubmitter {
  readonly #deps: SubmitDeps;
  readonly #ringer: Ringer;
  readonly #batcher: MicroBatcher<SubmitRequest, SubmitResult | Error>;
  readonly #rings = new Set<Promise<unknown>>();

  constructor(deps: SubmitDeps) {
    this.#deps = deps;
    this.#ringer = new Ringer(deps);
    this.#batcher = new MicroBatcher({ maxBatch: MAX_BATCH, maxFlights: MAX_FLIGHTS, flush: (requests) => this.#insert(requests) });
  }

  /**
   * Resolves once the job is durable; the bell follows.
   * @throws IdempotencyMismatchError, OverloadedError, StoreUnavailableError (then the job may or may not exist).
   */
  async submit(request: SubmitRequest): Promise<SubmitResult> {
    this.#deps.gate?.admit(1);
    const answer = await this.#batcher.add(request);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /** Each request on its own: one that fails does not stop the others. */
  async submitMany(requests: readonly SubmitRequest[]): Promise<PromiseSettledResult<SubmitResult>[]> {
    return Promise.allSettled(requests.map((request) => this.submit(request)));
  }

  /** Jobs that wait for an insert to be free. */
  get waiting(): number {
    return this.#batcher.waiting;
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    await this.#batcher.drain();
    await Promise.allSettled(this.#rings);
    await this.#ringer.stop();
  }

  async #insert(requests: readonly SubmitRequest[]): Promise<(SubmitResult | Error)[]> {
    this.#deps.onInsert?.(requests.length);
    const token = this.#deps.clock.uuid();
    const jobs = requests.map((request) => this.#newJob(request, token));
    const { failpoints } = this.#deps;
    if (failpoints) await failpoints.reach('before insert', idsOf(jobs));
    const outcomes = await this.#deps.store.insert(jobs);
    if (failpoints) await failpoints.reach('insert|publish', idsOf(jobs));
    this.#ringInserted(jobs, outcomes);
    return outcomes.map((outcome, index) => resultOf(outcome, jobs[index]!));
  }

  #newJob(request: SubmitRequest, token: string): NewJob {
    return { ...request, id: this.#deps.clock.uuid(), pipelineVersion: this.#deps.pipelines.typeOf(request.type).version, token };
  }

  /** Not awaited: the answer rests on the insert alone. */
  #ringInserted(jobs: readonly NewJob[], outcomes: readonly InsertOutcome[]): void {
    const rings = jobs
      .filter((job, index) => outcomes[index]!.kind === 'inserted' && job.runAt === undefined)
      .map((job) => ({ id: job.id, gen: 1, stage: 0, lane: job.lane, type: job.type, token: job.token }));
    const ringing = this.#ringer.ring(rings).finally(() => this.#rings.delete(ringing));
    this.#rings.add(ringing);
  }
}

const idsOf = (jobs: readonly NewJob[]) => jobs.map(({ id }) => id);

function resultOf(outcome: InsertOutcome, job: NewJob): SubmitResult | Error {
  switch (outcome.kind) {
    case 'inserted':
      return { id: job.id, created: true };
    case 'exists':
      return outcome.same
        ? { id: outcome.record.id, created: false, record: outcome.record }
        : new IdempotencyMismatchError('This idempotency key was used before with another request.');
    case 'failed':
      return outcome.error;
  }
}
