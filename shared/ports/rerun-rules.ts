import type { RerunRule } from '../domain/rerun/rerun-rule.ts';

/** A rule as it is stored. */
export interface StoredRerunRule extends RerunRule {
  /** Who set it: a key's name, or `operator`. */
  readonly by: string;
  readonly updatedAt: Date;
  /** Of its budget in the present hour of the store's clock. */
  readonly spent: number;
}

/** Rules by which failed jobs are run again. Durable when a method returns. Methods throw `StoreUnavailableError`. */
export interface RerunRules {
  /** In the order in which they are asked. */
  list(): Promise<readonly StoredRerunRule[]>;
  /** A new one, or in place of that of the same id; what is spent stays. */
  put(rule: RerunRule, by: string): Promise<StoredRerunRule>;
  /** @returns false when there was none. */
  remove(id: string): Promise<boolean>;
  /** Takes so much of what is left of a rule's budget in this hour. @returns how much was granted. */
  spend(id: string, wanted: number, budgetPerHour: number): Promise<number>;
}
