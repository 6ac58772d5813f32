import type { JobState } from '../job.ts';
import type { JobTemplate, Timing } from '../schedule/schedule.ts';
import type { JobSearch } from '../search/job-search.ts';

/** What is done with each job that a rule finds: it is run again, or a new job is made of it. */
export type BatchAction =
  | { readonly kind: 'replay'; readonly fromBeginning: boolean }
  | { readonly kind: 'submit'; readonly job: JobTemplate };

/** What an operator says of a rule. */
export interface BatchSpec {
  readonly name: string;
  /** Whose jobs are looked for. */
  readonly tenant: string;
  /** In the language of searches; ages count from the instant of the run. */
  readonly query: string;
  readonly action: BatchAction;
  readonly timing: Extract<Timing, { kind: 'cron' }>;
  /** Jobs of one run, at most; 1..100,000. */
  readonly maxJobs: number;
  /** Jobs a second, 1..1,000. */
  readonly ratePerSecond: number;
}

/** A rule as it is stored. */
export interface BatchRule {
  readonly id: string;
  /** +1 a write: what writes are compared by. */
  readonly version: number;
  readonly spec: BatchSpec;
  readonly isEnabled: boolean;
  /** The watermark: instants up to here are decided, and never run again. */
  readonly cursorAt: Date;
  /** The next instant; absent while it is switched off. */
  readonly nextAt?: Date;
  /** Who made it, or changed it last: a key's name, or `operator`. */
  readonly by: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** States out of which a job can be run again. */
export const REPLAYABLE: readonly JobState[] = ['FAILED', 'CANCELED', 'EXPIRED'];

/** Why a search is of no use to an action; undefined where it is. */
export function searchProblem({ kind }: BatchAction, { state, errorCode }: Pick<JobSearch, 'state' | 'errorCode'>): string | undefined {
  if (kind === 'submit') return undefined;
  // An error without a state means jobs that failed.
  const isOfEnded = state === undefined ? errorCode !== undefined : REPLAYABLE.includes(state);
  return isOfEnded ? undefined : 'must have state:failed, state:canceled, state:expired or error:, since only such jobs can be run again';
}

/** Tags of the jobs that a rule makes. */
export const ruleTag = (ruleId: string): string => `batch-rule:${ruleId}`;
export const runTag = (runId: string): string => `batch-run:${runId}`;
