import type { StageDurations } from '../../shared/domain/eta/stage-history.ts';
import type { StageStatistics } from '../../shared/ports/stage-statistics.ts';

/** StageStatistics in memory that pass the contract of the real ones. */
export class MemoryStageStatistics implements StageStatistics {
  #durations: readonly StageDurations[] = [];

  async read(): Promise<readonly StageDurations[]> {
    return structuredClone(this.#durations);
  }

  async replace(durations: readonly StageDurations[]): Promise<void> {
    this.#durations = structuredClone(durations);
  }
}
