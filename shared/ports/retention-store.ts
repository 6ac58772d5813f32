import type { RetentionRule } from '../domain/retention/retention-rule.ts';
import type { EndedPlace } from './ended-jobs.ts';

/** A rule as it is stored. */
export interface StoredRetentionRule extends RetentionRule {
  readonly id: string;
  /** Who set it: a key's id, or `operator`. */
  readonly by: string;
  readonly updatedAt: Date;
}

/** Where a walk is. */
export interface WalkPlace extends EndedPlace {
  /** Stands for the rules by which it went: under others it begins anew. */
  readonly rulesDigest: string;
}

/** Rules of retention, and how far they are applied. Durable when a method returns. Methods throw `StoreUnavailableError`. */
export interface RetentionStore {
  /** In the order of their ids. */
  rules(): Promise<readonly StoredRetentionRule[]>;
  /** In place of the rule for the same jobs. */
  put(rule: RetentionRule, by: string): Promise<StoredRetentionRule>;
  /** @returns false when there was none. */
  remove(id: string): Promise<boolean>;
  place(walk: string): Promise<WalkPlace | undefined>;
  notePlace(walk: string, place: WalkPlace): Promise<void>;
}
