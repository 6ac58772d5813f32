import type { StageDurations } from '../domain/eta/stage-history.ts';

/** Statistics that are derived from jobs each night. Methods throw `StoreUnavailableError`. */
export interface StageStatistics {
  read(): Promise<readonly StageDurations[]>;
  /** In place of all that there are. */
  replace(durations: readonly StageDurations[]): Promise<void>;
}
