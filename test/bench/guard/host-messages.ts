import type { Scenario } from '../suite/contender.ts';
import type { Verification } from '../suite/verify.ts';
import type { RoundFigures } from './comparisons.ts';

/** One measurement on a contender that runs. */
export interface Round {
  readonly scenario: Scenario;
  readonly jobs: number;
  /** Of the latency scenario. */
  readonly perSecond: number;
}

/** What the guard asks of a contender's process. */
export type ToHost = { readonly kind: 'round'; readonly round: Round } | { readonly kind: 'verify' };

/** What it answers: one message a question, and `ready` before the first. */
export type FromHost =
  | { readonly kind: 'ready' }
  | { readonly kind: 'figures'; readonly figures: RoundFigures }
  | { readonly kind: 'verified'; readonly verification: Verification }
  | { readonly kind: 'failed'; readonly reason: string };
