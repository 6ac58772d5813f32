import type { BatchRule } from '../domain/batches/batch-rule.ts';

/** Rules of batches: so few that they are listed whole. Durable when a method returns. Methods throw `StoreUnavailableError`. */
export interface BatchRules {
  /** @returns false where the id is taken. */
  create(rule: BatchRule): Promise<boolean>;
  read(id: string): Promise<BatchRule | undefined>;
  /** Newest first. */
  list(): Promise<readonly BatchRule[]>;
  /** In place of the one with the version that it carries, with the next version. @returns it; undefined where somebody was faster. */
  replace(rule: BatchRule): Promise<BatchRule | undefined>;
  /** @returns false when there was none. */
  remove(id: string): Promise<boolean>;
  /** Those whose next instant has come by `now`. */
  due(now: Date): Promise<readonly BatchRule[]>;
}
