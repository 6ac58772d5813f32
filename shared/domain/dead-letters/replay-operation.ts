import type { LetterCause } from './letter-group.ts';

/** A stage of a type, by its position in the type's pipeline. */
export interface StagePlace {
  readonly type: string;
  readonly stage: number;
}

/** Which dead letters; all present parts must hold. */
export interface DeadLetterFilter {
  /** At one of these; at least one. Default: anywhere. */
  readonly places?: readonly StagePlace[];
  readonly tenant?: string;
  readonly fingerprint?: string;
  /** Failed at this moment or later. */
  readonly failedFrom?: Date;
  /** Failed before this moment. */
  readonly failedBefore?: Date;
  /** Of none of these groups. */
  readonly except?: readonly LetterCause[];
}

/** What is done with each dead letter. */
export type LetterAction = 'replay' | 'delete';

/** How a replay is carried out. */
export interface ReplayTerms {
  /** Absent: they are replayed. */
  readonly action?: 'delete';
  readonly fromBeginning: boolean;
  /** Jobs a second, 1..5,000. */
  readonly ratePerSecond: number;
  /** Shares of all jobs after which the outcome is waited for, rising, the last 100. In percent. */
  readonly rampPercent: readonly number[];
  /** Stops when this share of the jobs that have ended has failed again, 0..1. */
  readonly maxFailureRate: number;
  /** Stops when the jobs of a step have not ended so long after its last was replayed, in ms. */
  readonly stepTimeoutMs: number;
}

/**
 * `planned`: nothing is done before it is applied. `collecting`: its jobs are noted. `running`: they are replayed. `done`: all are
 * replayed, and ended or waited for long enough. `stopped`: by itself, for the reason. `aborted`: by an operator.
 */
export type ReplayState = 'planned' | 'collecting' | 'running' | 'done' | 'stopped' | 'aborted';

export const OPEN_REPLAYS: readonly ReplayState[] = ['collecting', 'running'];

/** One replay of many dead letters, from its plan on. */
export interface ReplayOperation {
  readonly id: string;
  /** Who planned it: a key's id, or `operator`. */
  readonly by: string;
  readonly note?: string;
  /** As it was asked for, to be shown. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly filter: DeadLetterFilter;
  readonly terms: ReplayTerms;
  readonly state: ReplayState;
  /** Dead letters that the plan counted; what was collected may be less, since jobs are replayed and removed meanwhile. */
  readonly planned: number;
  /** What has to be shown to apply it: it stands for all that the plan says. */
  readonly digest: string;
  readonly plannedAt: Date;
  readonly appliedAt?: Date;
  readonly endedAt?: Date;
  /** Jobs collected. */
  readonly total?: number;
  readonly abortRequested?: true;
  /** Why it stopped, one sentence. */
  readonly reason?: string;
  readonly counts?: ReplayCounts;
  /** Asked for once it has ended: jobs that nobody has claimed are dead letters again. */
  readonly undo?: ReplayUndo;
}

export interface ReplayUndo {
  readonly by: string;
  readonly requestedAt: Date;
  readonly endedAt?: Date;
}

/**
 * What became of a job: `pending` not touched yet, `skipped` it was not this dead letter any more, `undone` its replay was taken
 * back, `deleted` the job is gone.
 */
export type ReplayOutcome = 'pending' | 'replayed' | 'completed' | 'failed' | 'skipped' | 'undone' | 'deleted';
export const REPLAY_OUTCOMES: readonly ReplayOutcome[] = ['pending', 'replayed', 'completed', 'failed', 'skipped', 'undone', 'deleted'];
export type ReplayCounts = Readonly<Record<ReplayOutcome, number>>;

/** One job of an operation. */
export interface ReplayItem {
  readonly jobId: string;
  /** Place in the operation, from 0. */
  readonly seq: number;
  /** Generation of the dead letter: only that is replayed. */
  readonly gen: number;
  readonly outcome: ReplayOutcome;
}

/** What an operation does. */
export function actionOf({ terms }: Pick<ReplayOperation, 'terms'>): LetterAction {
  return terms.action ?? 'replay';
}

/** A plan is good for so long: what it counted grows old. */
export const PLAN_VALID_MS = 900_000;
/** Fewer ended jobs say nothing of a rate. */
const TELLING = 20;

/** How many jobs are replayed before the outcome of each step is waited for, e.g. 1, 5, 20 and 100 % of 1,000: 10, 50, 200, 1,000. */
export function rampCounts(total: number, percent: readonly number[]): readonly number[] {
  const counts = percent.map((share) => Math.min(total, Math.max(1, Math.ceil((total * share) / 100))));
  return [...new Set([...counts.filter((count) => count < total), total])];
}

/** Seconds that the replay takes at its rate alone, without the waits between the steps. */
export function leastSeconds(total: number, { ratePerSecond }: Pick<ReplayTerms, 'ratePerSecond'>): number {
  return Math.ceil(total / ratePerSecond);
}

/**
 * Why the operation has to stop, by what became of its jobs. @param isStepOver all jobs of a step have ended: then few are
 * enough, else it takes 20 that have ended.
 */
export function stopReason(counts: ReplayCounts, { maxFailureRate }: ReplayTerms, isStepOver: boolean): string | undefined {
  const ended = counts.completed + counts.failed;
  if (ended === 0 || (!isStepOver && ended < TELLING)) return undefined;
  const rate = counts.failed / ended;
  if (counts.failed === 0 || rate < maxFailureRate) return undefined;
  return `${counts.failed} of the ${ended} jobs that have ended failed again: ${percentOf(rate)}, ${percentOf(maxFailureRate)} is the limit.`;
}

function percentOf(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
