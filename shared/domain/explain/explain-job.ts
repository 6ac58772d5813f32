import { BREAKER_OPEN } from './breaker-reason.ts';
import { ENDED_REASONS } from './ended-reasons.ts';
import type { ExplainFacts } from './explain-facts.ts';
import { GIVEN_BACK } from './given-back-reason.ts';
import { LIMIT_REACHED, RATE_REACHED } from './limit-reason.ts';
import { MORE_REASONS } from './more-reasons.ts';
import { OFF_PEAK } from './off-peak-reason.ts';
import { PAUSED } from './paused-reason.ts';
import type { Reason, ReasonRule } from './reason.ts';
import { SLOWED } from './slowed-reason.ts';
import { RUNNING_REASONS, WAITING_REASONS } from './waiting-reasons.ts';

/** Every reason that there is, in the order in which they are told: a new one is an entry here. */
export const REASONS: readonly ReasonRule[] = [
  PAUSED,
  OFF_PEAK,
  BREAKER_OPEN,
  GIVEN_BACK,
  LIMIT_REACHED,
  RATE_REACHED,
  ...WAITING_REASONS,
  SLOWED,
  ...RUNNING_REASONS,
  ...ENDED_REASONS,
  ...MORE_REASONS,
];

/** A reason under its code. */
export interface CodedReason extends Reason {
  readonly code: string;
}

/** Why a job is where it is. */
export interface Explanation {
  /** One sentence, or two: the message of the first reason. */
  readonly summary: string;
  /** At least one, the most important first. */
  readonly reasons: readonly CodedReason[];
  readonly next: string;
}

/** Explains a job from what is known of it. */
export function explainJob(facts: ExplainFacts): Explanation {
  const reasons = REASONS.filter(({ states }) => states.includes(facts.record.state)).flatMap((rule) => {
    const reason = rule.explain(facts);
    return reason ? [{ code: rule.code, ...reason }] : [];
  });
  const next = reasons.find((reason) => reason.next !== undefined)?.next ?? 'Nothing is known of what comes next.';
  return { summary: reasons[0]!.message, reasons, next };
}
