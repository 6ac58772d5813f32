import type { JobCallback } from '../domain/callback.ts';
import { IdempotencyMismatchError } from '../domain/failures.ts';
import type { AskedLane, JobConcurrency, JobPayload, JobRecord } from '../domain/job.ts';
import type { OffPeakChoice } from '../domain/off-peak/off-peak-wish.ts';
import type { InsertOutcome, NewJob } from '../ports/job-store.ts';
import type { BacklogGate } from './backlog-gate.ts';
import { MicroBatcher } from './micro-batcher.ts';
import type { OffPeakPlanner } from './off-peak/off-peak-planner.ts';
import { hasChoice, type Placed, placeOffPeak } from './off-peak/place-off-peak.ts';
import { Ringer, type RingerDeps } from './ringer.ts';
import type { QuotaAdmission, TenantQuota } from './tenant-quota.ts';
import type { TenantShares } from './tenant-shares.ts';

/** Inserts in one flush; batches above 500 gave nothing more (docs/performance.md). */
const MAX_BATCH = 500;
/** Flushes under way at once. */
const MAX_FLIGHTS = 2;

/** A validated submission. */
export interface SubmitRequest {
  /** Where it derives from what is submitted, so that a repeat is the same job. Default: a new one. */
  readonly id?: string;
  readonly tenant: string;
  readonly type: string;
  readonly lane: AskedLane;
  readonly payload: JobPayload;
  readonly uploadId?: string;
  readonly idemKey?: string;
  /** SHA-256 of the canonical request, hex; empty where no repeat can meet it. */
  readonly reqHash: string;
  readonly runAt?: Date;
  readonly deadlineAt?: Date;
  /** 1..25. */
  readonly maxAttempts?: number;
  readonly tags?: readonly string[];
  readonly callback?: JobCallback;
  readonly concurrency?: JobConcurrency;
  /** Whether it waits for an off-peak window, where there is one; absent: as its type does. */
  readonly offPeak?: OffPeakChoice;
}

export interface SubmitResult {
  readonly id: string;
  /** False: the idempotency key was used before, with the same request. */
  readonly created: boolean;
  /** Of a created one: it is SCHEDULED until then. */
  readonly runAt?: Date;
  /** The stored job of an earlier request with the same key. */
  readonly record?: JobRecord;
}

/** What became of one of several requests: an error is IdempotencyMismatchError, OverloadedError, QuotaExceededError, StoreUnavailableError or a fault. */
export type SubmitAnswer = SubmitResult | Error;

export interface SubmitDeps extends RingerDeps {
  /** Bounds the jobs that wait; without it there is no bound. */
  readonly gate?: BacklogGate;
  /** Bounds the jobs of one tenant that wait. */
  readonly quota?: TenantQuota;
  /** Keeps one tenant's jobs from standing before all others'. */
  readonly shares?: TenantShares;
  /** Without it nothing is held for off-peak windows. */
  readonly offPeak?: Pick<OffPeakPlanner, 'place'>;
  /** Told how many jobs are inserted in one write. */
  onInsert?(jobs: number): void;
}

/** T1 and T2: accepts jobs durably, many in one write, and rings their bells. */
export class JobSubmitter {
  readonly #deps: SubmitDeps;
  readonly #ringer: Ringer;
  /** One of its own: thousands of bells at once must not take the room of those that somebody waits for. */
  readonly #bulkRinger: Ringer;
  readonly #batcher: MicroBatcher<SubmitRequest, SubmitAnswer>;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(deps: SubmitDeps) {
    this.#deps = deps;
    this.#ringer = new Ringer(deps);
    this.#bulkRinger = new Ringer(deps);
    const flush = (requests: readonly SubmitRequest[]) => this.#insert(requests, this.#ringer);
    this.#batcher = new MicroBatcher({ maxBatch: MAX_BATCH, maxFlights: MAX_FLIGHTS, flush });
  }

  /**
   * Resolves once the job is durable; the bell follows.
   * @throws IdempotencyMismatchError, OverloadedError, QuotaExceededError, StoreUnavailableError (then the job may or may not exist).
   */
  async submit(request: SubmitRequest): Promise<SubmitResult> {
    if (this.#deps.quota) await this.#deps.quota.admit(request.tenant);
    this.#deps.gate?.admit(1);
    const answer = await this.#batcher.add(request);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /**
   * Accepts many in one insert and rings them in one burst, apart from what comes singly. Resolves once they are durable,
   * with an answer for each, in order: one that fails does not stop the others, and those that do not fit into the backlog
   * get OverloadedError or QuotaExceededError.
   * @param requests of one tenant, at most 500; equal idempotency keys among them are decided in favour of the first.
   * @throws StoreUnavailableError: then each of them may or may not exist.
   */
  async submitMany(requests: readonly SubmitRequest[]): Promise<readonly SubmitAnswer[]> {
    const { quota, gate } = this.#deps;
    const all: QuotaAdmission = { admitted: requests.length };
    const within = quota && requests[0] ? await quota.admitSome(requests[0].tenant, requests.length) : all;
    const { admitted, refusal } = gate?.admitSome(within.admitted) ?? { admitted: within.admitted };
    const answers = admitted === 0 ? [] : await this.#keep(this.#insert(requests.slice(0, admitted), this.#bulkRinger));
    const overloaded = requests.slice(admitted, within.admitted).map(() => refusal!);
    return [...answers, ...overloaded, ...requests.slice(within.admitted).map(() => within.refusal!)];
  }

  /** Jobs that wait for an insert to be free. */
  get waiting(): number {
    return this.#batcher.waiting;
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    await this.#batcher.drain();
    // An insert that ends adds its rings.
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await Promise.all([this.#ringer.stop(), this.#bulkRinger.stop()]);
  }

  #keep<T>(work: Promise<T>): Promise<T> {
    const kept = work.finally(() => this.#underWay.delete(kept));
    this.#underWay.add(kept);
    return kept;
  }

  async #insert(requests: readonly SubmitRequest[], ringer: Ringer): Promise<readonly SubmitAnswer[]> {
    this.#deps.onInsert?.(requests.length);
    const token = this.#deps.clock.uuid();
    const { pipelines } = this.#deps;
    const areAsked = requests.some((request) => hasChoice(request, pipelines));
    const placed = areAsked ? await placeOffPeak(this.#deps, requests) : (requests as readonly Placed<SubmitRequest>[]);
    const jobs = placed.map((request) => this.#newJob(request, token));
    const { failpoints } = this.#deps;
    if (failpoints) await failpoints.reach('before insert', idsOf(jobs));
    const outcomes = await this.#deps.store.insert(jobs);
    if (failpoints) await failpoints.reach('insert|publish', idsOf(jobs));
    this.#ringInserted(jobs, outcomes, ringer);
    return outcomes.map((outcome, index) => resultOf(outcome, jobs[index]!));
  }

  #newJob(request: Placed<SubmitRequest>, token: string): NewJob {
    const lane = this.#deps.shares?.laneFor(request.tenant, request.lane) ?? request.lane;
    return {
      ...request,
      lane,
      ...(lane !== request.lane && { askedLane: request.lane }),
      id: request.id ?? this.#deps.clock.uuid(),
      pipelineVersion: this.#deps.pipelines.typeOf(request.type).version,
      token,
    };
  }

  /** Not awaited: the answer rests on the insert alone. */
  #ringInserted(jobs: readonly NewJob[], outcomes: readonly InsertOutcome[], ringer: Ringer): void {
    const rings = jobs
      .filter((job, index) => outcomes[index]!.kind === 'inserted' && job.runAt === undefined)
      .map((job) => ({ id: job.id, gen: 1, stage: 0, lane: job.lane, type: job.type, version: job.pipelineVersion, token: job.token }));
    void this.#keep(ringer.ring(rings, 'together'));
  }
}

const idsOf = (jobs: readonly NewJob[]) => jobs.map(({ id }) => id);

function resultOf(outcome: InsertOutcome, job: NewJob): SubmitAnswer {
  switch (outcome.kind) {
    case 'inserted':
      return { id: job.id, created: true, ...(job.runAt && { runAt: job.runAt }) };
    case 'exists':
      return outcome.same
        ? { id: outcome.record.id, created: false, record: outcome.record }
        : new IdempotencyMismatchError('This idempotency key was used before with another request.');
    case 'failed':
      return outcome.error;
  }
}
