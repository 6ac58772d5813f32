import type { JobCallback } from '../domain/callback.ts';
import type { AskedLane, JobConcurrency, JobPayload, JobRecord, JobState, Lane, OffPeakTerms, WorkedJob } from '../domain/job.ts';
import type { Transition } from '../domain/transition.ts';
import type { QueueReport } from '../domain/watermark.ts';
import type { EventNotes } from './event-notes.ts';

/** A job to be inserted (T1). Times are set by the store's clock from the offsets. */
export interface NewJob {
  readonly id: string;
  readonly tenant: string;
  readonly idemKey?: string;
  readonly reqHash: string;
  readonly type: string;
  readonly pipelineVersion: number;
  readonly lane: Lane;
  readonly askedLane?: AskedLane;
  readonly payload: JobPayload;
  readonly uploadId?: string;
  readonly maxAttempts?: number;
  /** SCHEDULED until then where present, else QUEUED. */
  readonly runAt?: Date;
  readonly deadlineAt?: Date;
  readonly tags?: readonly string[];
  readonly callback?: JobCallback;
  readonly concurrency?: JobConcurrency;
  readonly offPeak?: OffPeakTerms;
  /** Token of the first debt. */
  readonly token: string;
}

/** `inserted`: durable. `exists`: its `_id` or idempotency key is taken by `record`, `same` when the request is the same. */
export type InsertOutcome =
  | { readonly kind: 'inserted'; readonly createdAt: Date }
  | { readonly kind: 'exists'; readonly same: boolean; readonly record: JobRecord }
  | { readonly kind: 'failed'; readonly error: Error };

/** `local`: what this node has. `majority`: what no fail-over can take back. */
export type ReadConcern = 'local' | 'majority';

/** What a sweep looks for. Times are compared with the store's clock. */
export type SweepQuery =
  /** pub.due <= now - lateMs (0): bells owed, oldest first. */
  | { readonly kind: 'due'; readonly lateMs?: number }
  | { readonly kind: 'lease_expired' }
  | { readonly kind: 'deadline_passed' }
  /** QUEUED, of one of the types, owing no bell, whose bell was confirmed before the watermark. */
  | { readonly kind: 'lost_bell'; readonly stage: number; readonly lane: Lane; readonly types: readonly string[]; readonly before: Date }
  /** FAILED with doneAt in [from, to), at most `maxRun` replays so far, not of class `reject`, and with its payload. */
  | { readonly kind: 'failed'; readonly from: Date; readonly to: Date; readonly maxRun: number };

/** Instants that work waits for. `bell`: a doorbell is due (run_at, a retry, a bell owed). `deadline`: an active job's deadline. */
export interface DueInstants {
  readonly bell: Date;
  readonly deadline: Date;
}

/** A terminal event that is owed (T12). */
export interface OwedEvent
  extends Pick<JobRecord, 'id' | 'tenant' | 'type' | 'state' | 'createdAt' | 'doneAt' | 'expireAt' | 'err' | 'callback'> {
  readonly seq: number;
}

export interface DueEvents {
  readonly events: readonly OwedEvent[];
  /** There may be others. */
  readonly isMore: boolean;
}

/** Filter of a list; all present parts must hold. */
export interface JobFilter {
  readonly tenant?: string;
  readonly state?: JobState;
  readonly type?: string;
  readonly stage?: number;
}

/** One page of a list, newest first. */
export interface JobPage {
  readonly jobs: readonly JobRecord[];
  /** Pass as `after` for the next page; absent on the last. */
  readonly next?: string;
}

/** What a consumer says of one queue (shared/domain/watermark.ts). */
export interface QueueNote {
  readonly queue: string;
  readonly consumer: string;
  /** The newest publish time among its first deliveries, and how long ago that one came. */
  readonly newest?: { readonly publishedAt: Date; readonly ageMs: number };
  readonly oldestHeldAt?: Date;
}

/** A job as fsck sees it. */
export interface ScannedJob {
  readonly record: JobRecord;
  /** Whether what the caller gave is stored. */
  readonly hasPayload: boolean;
}

/** A job as a worker takes it up. */
export interface JobWithPayload {
  readonly record: WorkedJob;
  /** Absent: long and stored apart (`readPayloads`), or gone. */
  readonly payload?: JobPayload;
}

/** Depth of one stage and lane. */
export interface Backlog {
  readonly stage: number;
  readonly lane: Lane;
  readonly state: JobState;
  readonly count: number;
}

/**
 * Truth about jobs. Every method may throw `StoreUnavailableError`; for writes the outcome is then unknown and the caller
 * reads back.
 */
export interface JobStore extends EventNotes {
  /** Durable (majority) when it returns. Answers in the order given; one bad job does not stop the others. */
  insert(jobs: readonly NewJob[]): Promise<readonly InsertOutcome[]>;

  /** Applies the transition to those of the ids whose record meets its condition. @returns how many met it. */
  apply(ids: readonly string[], transition: Transition): Promise<number>;

  /** A claim and the jobs it won, in one round trip for one id and two for many. */
  claim(ids: readonly string[], transition: Transition): Promise<readonly JobWithPayload[]>;

  /** Records of the ids that exist, in no order. */
  read(ids: readonly string[], concern: ReadConcern): Promise<readonly JobRecord[]>;

  /** The job that has a tenant's idempotency key, once no fail-over can take it back. */
  readByKey(tenant: string, idemKey: string): Promise<JobRecord | undefined>;

  /** Jobs of the ids that exist, as this node has them, in no order. */
  readWithPayloads(ids: readonly string[]): Promise<readonly JobWithPayload[]>;

  /** Payloads by job id, wherever they are stored. */
  readPayloads(ids: readonly string[]): Promise<ReadonlyMap<string, JobPayload>>;

  /** What a sweep has to look at, at most `limit` records, in the order of their index. */
  find(query: SweepQuery, limit: number): Promise<readonly JobRecord[]>;

  /** The first instant of the kind after `after`, past or to come; undefined: there is none. One key of an index. */
  nextDue(kind: keyof DueInstants, after: Date): Promise<Date | undefined>;

  /** Events that records owe by now, oldest first, at most `limit`, of ends that no fail-over can take back; the others are due still. */
  dueEvents(limit: number): Promise<DueEvents>;

  /** Pages through jobs, newest first. `after` is an opaque cursor from the page before. @throws InvalidCursorError. */
  list(filter: JobFilter, limit: number, after?: string): Promise<JobPage>;

  /** Jobs waiting per stage and lane (states QUEUED, RUNNING, RETRY_WAIT, SCHEDULED) and FAILED. */
  backlog(): Promise<readonly Backlog[]>;

  /** Jobs that are QUEUED, over all stages and lanes: cheap enough to be asked each two seconds of a backlog of any size. */
  countQueued(): Promise<number>;

  /** Notes what a consumer says of its queues, each report in place of its last. A report is kept for an hour. */
  reportQueues(notes: readonly QueueNote[]): Promise<void>;

  /** The last report of every consumer of every queue. */
  readQueueReports(): Promise<readonly QueueReport[]>;

  /** The store's clock. */
  serverTime(): Promise<Date>;

  /** The store's clock by this process's monotonic clock: right to a few ms, without a round trip once it is known. */
  estimateTime(): Promise<Date>;

  /** All jobs in the order of their ids, as majority reads, at most `limit` a call. @param after the last id of the call before. */
  scan(limit: number, after?: string): Promise<readonly ScannedJob[]>;

  /** The same for some ids, those that exist, in no order. */
  inspect(ids: readonly string[]): Promise<readonly ScannedJob[]>;

  /** Ids of jobs that share one idempotency key, a list a key, at most `limit` keys: the store must never let it happen. */
  doubledKeys(limit: number): Promise<readonly (readonly string[])[]>;
}
