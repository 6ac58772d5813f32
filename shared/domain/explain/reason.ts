import type { JobState } from '../job.ts';
import type { ExplainFacts } from './explain-facts.ts';

/** How long a job waited for a stage and was worked there, in the run that committed it. */
export interface StageDuration {
  readonly stage: string;
  readonly waitedMs?: number;
  readonly tookMs?: number;
}

/** The figures and names behind a sentence; each reason has those that it speaks of. */
export interface Evidence {
  readonly stage?: string;
  readonly lane?: string;
  readonly queue?: string;
  readonly queuePosition?: number;
  readonly messagesReady?: number;
  readonly messagesUnacked?: number;
  readonly consumers?: number;
  readonly lastSeenAt?: Date;
  readonly owner?: string;
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly progress?: number;
  readonly crashes?: number;
  readonly run?: number;
  readonly errorCode?: string;
  readonly errorClass?: string;
  readonly errorMessage?: string;
  readonly retryAvailable?: boolean;
  /** Id of a pause. */
  readonly pauseId?: string;
  readonly pausedBy?: string;
  readonly pauseReason?: string;
  /** Host of an open breaker. */
  readonly dependency?: string;
  readonly breakerState?: string;
  readonly breakerReason?: string;
  readonly openedBy?: string;
  /** Name of an off-peak window, and when it opens. */
  readonly window?: string;
  readonly opensAt?: Date;
  readonly stages?: readonly StageDuration[];
}

/** One thing that is true of a job and says why it is where it is. */
export interface Reason {
  /** A whole sentence. */
  readonly message: string;
  readonly since?: Date;
  readonly until?: Date;
  /** What happens next, a whole sentence; the first reason that has one speaks. */
  readonly next?: string;
  readonly evidence?: Evidence;
}

/** An entry of the table of reasons. */
export interface ReasonRule {
  /** Stable, snake_case. */
  readonly code: string;
  readonly states: readonly JobState[];
  /** For the documentation: when it is given. */
  readonly when: string;
  /** @returns undefined where it does not hold. */
  explain(facts: ExplainFacts): Reason | undefined;
}
