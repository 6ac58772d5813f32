import type { JobCallback } from './callback.ts';
import type { JobError } from './errors.ts';

/** Stored states (docs/job-states.md). What a user sees is derived in `status.ts`. */
export type JobState = 'SCHEDULED' | 'QUEUED' | 'RUNNING' | 'RETRY_WAIT' | 'COMPLETED' | 'FAILED' | 'CANCELED' | 'EXPIRED';

export const ACTIVE_STATES: readonly JobState[] = ['SCHEDULED', 'QUEUED', 'RUNNING', 'RETRY_WAIT'];
export const TERMINAL_STATES: readonly JobState[] = ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'];
export const JOB_STATES = [...ACTIVE_STATES, ...TERMINAL_STATES];

/** Lanes that a submission may ask for. */
export type AskedLane = 'express' | 'standard' | 'bulk';
export const ASKED_LANES: readonly AskedLane[] = ['express', 'standard', 'bulk'];
/** Separate queues per stage: `express` before `standard` before `bulk`; `overflow` for what is beyond its tenant's share of these. */
export type Lane = AskedLane | 'overflow';
export const LANES: readonly Lane[] = [...ASKED_LANES, 'overflow'];

/** Shares of the lanes while all of them wait. */
export type LaneWeights = Readonly<Record<Lane, number>>;

/** One committed stage. The claim is the evidence of who committed it. */
export interface StageResult {
  readonly stage: number;
  readonly run: number;
  readonly epoch: number;
  readonly claim: string;
  readonly startedAt?: Date;
  readonly at: Date;
}

/** What happened to a job, newest last; a record keeps the last 20. */
export interface LogEntry {
  readonly at: Date;
  /** `retry`, `dead`, `crash_loop`, `lease_lost`, `released`, `canceled`, `expired`, `replayed`, `replay_undone`. */
  readonly event: string;
  readonly stage: number;
  readonly attempt: number;
  readonly run: number;
  /** Who did it, where that is the holder of a claim. */
  readonly claim?: string;
  readonly code?: string;
  readonly message?: string;
}

/** The lane of a job as its user knows it. */
export const laneAskedFor = ({ lane, askedLane }: Pick<JobRecord, 'lane' | 'askedLane'>): AskedLane =>
  askedLane ?? (lane === 'overflow' ? 'bulk' : lane);

/** Of a tenant's jobs with the same key at most so many run at once. */
export interface JobConcurrency {
  readonly key: string;
  /** 1..1000. */
  readonly limit: number;
}

/** The doorbell owed: `due` present = owed at that time; `to: 'dlq'` = the bell is a dead letter; `by` = token of the debt; `for` = limit whose place it waits for. */
export interface OwedBell {
  readonly due?: Date;
  readonly at?: Date;
  readonly to?: 'dlq';
  readonly by?: string;
  readonly for?: string;
}

/** What a dead letter was before its replay, for an undo of it. */
export interface FormerLetter {
  readonly gen: number;
  readonly stage: number;
  readonly attempt: number;
  readonly crashes: number;
  readonly results: readonly StageResult[];
  readonly err?: JobError;
  readonly doneAt: Date;
}

/** Parts of an ended job that may go before the job does. */
export const JOB_PARTS = ['payload', 'outputs', 'timeline'] as const;
export type JobPart = (typeof JOB_PARTS)[number];

/** That a job is off-peak: it starts in a window of that kind alone (docs/windows.md). */
export interface OffPeakTerms {
  /** Name of its window; absent: those for its type. */
  readonly window?: string;
  /** The run_at that the caller asked for: the record's own is the moment of release. */
  readonly notBefore?: Date;
  /** From then on it may start outside its window, or its deadline would be missed. */
  readonly startBy?: Date;
}

/** The truth about one job (docs/protocol.md, Record). Times are the store's clock. */
export interface JobRecord {
  /** UUIDv7. */
  readonly id: string;
  readonly tenant: string;
  readonly idemKey?: string;
  /** SHA-256 of the canonical request, hex; empty where no repeat can meet it. */
  readonly reqHash: string;
  readonly type: string;
  readonly pipelineVersion: number;
  readonly lane: Lane;
  /** Lane that was asked for; present in lane `overflow`. */
  readonly askedLane?: AskedLane;
  readonly state: JobState;
  /** Index into the pipeline's stages, 0..n-1. */
  readonly stage: number;
  /** Replays so far. */
  readonly run: number;
  /** Doorbell generation: +1 whenever work becomes available anew, or ends. */
  readonly gen: number;
  /** +1 a claim, never reset. */
  readonly epoch: number;
  readonly claim?: string;
  readonly owner?: string;
  readonly lease?: { readonly until: Date };
  readonly startedAt?: Date;
  /** Attempts of the current stage, counting the present one. */
  readonly attempt: number;
  /** Overrides the stage's own policy where present, 1..25. */
  readonly maxAttempts?: number;
  /** Ends of the whole worker process while it held this job, in the current stage. */
  readonly crashes: number;
  readonly pub?: OwedBell;
  readonly results: readonly StageResult[];
  readonly err?: JobError;
  /** Set by a replay that may be undone; means nothing to a later generation. */
  readonly former?: FormerLetter;
  readonly log: readonly LogEntry[];
  readonly evt?: { readonly seq: number; readonly due?: Date };
  readonly deadlineAt?: Date;
  readonly runAt?: Date;
  /** Present until terminal. */
  readonly active?: true;
  /** The running handler's own progress, 0..1; best effort. */
  readonly progress?: number;
  readonly createdAt: Date;
  readonly doneAt?: Date;
  readonly expireAt?: Date;
  /** What retention has removed of it, and when (docs/retention.md). */
  readonly removed?: Readonly<Partial<Record<JobPart, Date>>>;
  readonly schemaVersion: number;
  /** Upload that the input names, if any. */
  readonly uploadId?: string;
  /** What the caller files it under, 1..20, each once. */
  readonly tags?: readonly string[];
  /** Of the jobs of its tenant with this key at most so many run at once. */
  readonly concurrency?: JobConcurrency;
  /** Whom to tell of its end. */
  readonly callback?: JobCallback;
  readonly offPeak?: OffPeakTerms;
}

/**
 * What workers need of a job to work it. The rest is read by others alone; left out of what is read for a batch, it made decoding and
 * copying the records three times as fast (docs/decisions.md).
 */
export type WorkedJob = Omit<JobRecord, (typeof NOT_WORKED)[number]>;
export const NOT_WORKED = ['reqHash', 'idemKey', 'pub', 'log', 'active', 'tags'] as const satisfies readonly (keyof JobRecord)[];

/** What the caller gave; not part of the hot record when large. */
export interface JobPayload {
  readonly input: unknown;
  readonly options: unknown;
}

export const SCHEMA_VERSION = 1;

/** A doorbell for one job. */
export interface Bell {
  readonly id: string;
  readonly gen: number;
}
