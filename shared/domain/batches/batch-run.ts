import type { BatchSpec } from './batch-rule.ts';

/** Runs that ship with Jobline; docs/operations.md says what each does. */
export const SHIPPED_RUNS = ['rerun-yesterday', 'retention', 'statistics'] as const;
export type ShippedRun = (typeof SHIPPED_RUNS)[number];

/** `requested`: no scheduler has taken it up yet. `running`: its jobs are noted, or it is one that has none. */
export const RUN_STATES = ['requested', 'running', 'done', 'aborted', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];
export const OPEN_RUNS: readonly RunState[] = ['requested', 'running'];

/** What became of a job: `pending` not touched yet, `skipped` nothing was to be done any more, `failed` it could not be done. */
export const ITEM_OUTCOMES = ['pending', 'done', 'skipped', 'failed'] as const;
export type ItemOutcome = (typeof ITEM_OUTCOMES)[number];

/** Of a rule by outcome; of a shipped run whatever it counts. */
export type RunCounts = Readonly<Record<string, number>>;

/** One run of a rule, or of what ships. */
export interface BatchRun {
  readonly id: string;
  /** Of a rule its id; else the name of what ships. */
  readonly of: string;
  /** The rule as it was when the run was asked for; absent for what ships. */
  readonly spec?: BatchSpec;
  /** `schedule`, or who asked for it. */
  readonly by: string;
  /** The instant that it is for: searches and yesterdays count from it. */
  readonly at: Date;
  /** Instants before it that nobody was there for, and that it stands for. */
  readonly missed?: number;
  readonly state: RunState;
  readonly requestedAt: Date;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** Jobs noted. */
  readonly total?: number;
  /** There were more than the rule takes. */
  readonly isCut?: boolean;
  readonly counts?: RunCounts;
  readonly abortRequested?: true;
  /** Why it failed, one sentence. */
  readonly reason?: string;
}

/** One job of a run. */
export interface BatchItem {
  readonly jobId: string;
  /** Place in the run, from 0. */
  readonly seq: number;
  /** The job as it was found: only so it is dealt with. */
  readonly gen: number;
  readonly run: number;
  readonly outcome: ItemOutcome;
  /** The job that was made of it. */
  readonly madeId?: string;
  /** Why it was skipped, or failed. */
  readonly reason?: string;
}

/** What became of one job. */
export type ItemEnd = Pick<BatchItem, 'jobId' | 'outcome' | 'madeId' | 'reason'>;
