import type { ErrorClass } from '../errors.ts';
import type { JobRecord } from '../job.ts';

/** Which failed jobs a rule is for: those that fit all that is named; none named: all. A rejected job is run again by none. */
export interface RerunSelector {
  readonly type?: string;
  readonly errorCode?: string;
  readonly errorClass?: ErrorClass;
  readonly fingerprint?: string;
}

/** When and how often failed jobs are run again. */
export interface RerunTerms {
  /** After the failure, 0..10,080. */
  readonly afterMinutes: number;
  /** Replays of a job up to which it is run again, 0..25; 0: never. */
  readonly maxRuns: number;
  /** Re-runs by this rule in an hour of the store's clock. Absent: no bound. */
  readonly budgetPerHour?: number;
}

/** One rule; the first in order that fits a job decides. */
export interface RerunRule extends RerunTerms {
  readonly id: string;
  readonly name: string;
  /** Lower comes first; of equal ones the one with the lower id. */
  readonly priority: number;
  readonly when: RerunSelector;
  readonly isEnabled: boolean;
}

/** Rules in the order in which they are asked. */
export function inOrder<T extends Pick<RerunRule, 'priority' | 'id'>>(rules: readonly T[]): readonly T[] {
  return [...rules].sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1));
}

function fits({ type, errorCode, errorClass, fingerprint }: RerunSelector, { type: own, err }: Pick<JobRecord, 'type' | 'err'>): boolean {
  return (
    (type ?? own) === own &&
    (errorCode === undefined || errorCode === err?.code) &&
    (errorClass === undefined || errorClass === err?.errorClass) &&
    (fingerprint === undefined || fingerprint === err?.fingerprint)
  );
}

/** The rule that decides for a failed job. @param rules in order. */
export function rerunRuleOf<T extends Pick<RerunRule, 'when' | 'isEnabled'>>(
  rules: readonly T[],
  job: Pick<JobRecord, 'type' | 'err'>,
): T | undefined {
  return rules.find(({ when, isEnabled }) => isEnabled && fits(when, job));
}

/** Failures older than this beyond a rule's wait are left alone: nobody waits for them any more. */
export const RERUN_WITHIN_MS = 86_400_000;

/** Whether the time of a failed job has come by a rule, and is not over. */
export function isRerunDue({ afterMinutes, maxRuns }: RerunTerms, { run, doneAt }: Pick<JobRecord, 'run' | 'doneAt'>, now: Date): boolean {
  if (run >= maxRuns || !doneAt) return false;
  const sinceMs = now.getTime() - doneAt.getTime() - afterMinutes * 60_000;
  return sinceMs > 0 && sinceMs <= RERUN_WITHIN_MS;
}
