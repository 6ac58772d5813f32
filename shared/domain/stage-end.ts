import { backoffMs } from './backoff.ts';
import type { JobError } from './errors.ts';
import type { WorkedJob } from './job.ts';
import { DEFAULT_RETAIN_DAYS, type JobTypeSpec, type Pipelines } from './pipeline.ts';
import type { Transition } from './transition.ts';
import { commit, dead, fail, release } from './transitions.ts';

const DAY_MS = 86_400_000;
/** The longest wait that a handler may ask for with `afterMs`. */
const LONGEST_AFTER_MS = DAY_MS;

/** How one attempt of a stage ended, as far as the record is concerned. */
export type StageEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly error: JobError; readonly afterMs?: number }
  | { readonly kind: 'reject'; readonly error: JobError }
  /** Handed back: not an attempt. */
  | { readonly kind: 'release'; readonly afterMs?: number; readonly why?: string; readonly waitsFor?: string };

/** Values that the decision needs from outside. */
export interface StageEndTerms {
  readonly claim: string;
  readonly token: string;
  /** 0 <= random < 1, for the jitter. */
  readonly random: number;
  /** A durable note of the claim owes the event of its end. */
  readonly isNoted?: boolean;
  /** Whoever commits tells the end itself. */
  readonly isTold?: boolean;
}

/** How long an ended job of this type is kept, in ms. */
export function retainMsOf(type: JobTypeSpec): number {
  return type.retainDays * DAY_MS;
}

/** The same by name; a type that this process does not know has the default retention. */
export function retainMsIn(pipelines: Pipelines, type: string): number {
  return pipelines.has(type) ? retainMsOf(pipelines.typeOf(type)) : DEFAULT_RETAIN_DAYS * DAY_MS;
}

/** Maps the end of an attempt to the transition that records it: the one place where that is decided. */
export function endTransition(end: StageEnd, record: WorkedJob, type: JobTypeSpec, terms: StageEndTerms): Transition {
  const { claim, token } = terms;
  const retainMs = retainMsOf(type);
  switch (end.kind) {
    case 'done':
      return commit({ ...terms, retainMs, last: record.stage === type.stages.length - 1 });
    case 'reject':
      return dead({ claim, token, retainMs, error: end.error });
    case 'retry': {
      const { retry } = type.stages[record.stage]!;
      if (record.attempt >= (record.maxAttempts ?? retry.maxAttempts)) return dead({ claim, token, retainMs, error: end.error });
      const afterMs =
        end.afterMs === undefined ? backoffMs(retry, record.attempt, terms.random) : Math.min(Math.max(end.afterMs, 0), LONGEST_AFTER_MS);
      return fail({ claim, token, error: end.error, afterMs });
    }
    case 'release': {
      const { kind: _, why, ...wait } = end;
      return release({ claim, token, ...wait, ...(why !== undefined && { message: why }) });
    }
  }
}

/** The record's next doorbell after a transition, or undefined where none is rung at once. */
export function nextBellAfter(transition: Transition, record: WorkedJob): { readonly gen: number; readonly stage: number } | undefined {
  const owesNow = transition.set?.['pub.due'] !== undefined && transition.set?.['state'] === 'QUEUED';
  return owesNow ? { gen: record.gen + 1, stage: record.stage + (transition.inc?.['stage'] ?? 0) } : undefined;
}
