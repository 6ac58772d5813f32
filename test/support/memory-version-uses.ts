import { groupBy } from '../../shared/domain/group-by.ts';
import type { VersionUse } from '../../shared/domain/version-use.ts';
import type { VersionUses } from '../../shared/ports/version-uses.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** VersionUses of a store in memory that passes the contract of the real one. */
export class MemoryVersionUses implements VersionUses {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async read(): Promise<readonly VersionUse[]> {
    const jobs = this.#store.all().filter(({ active, state }) => active || state === 'FAILED');
    return [...groupBy(jobs, ({ type, pipelineVersion }) => `${type} ${pipelineVersion}`).values()].map((ofVersion) => ({
      type: ofVersion[0]!.type,
      version: ofVersion[0]!.pipelineVersion,
      active: ofVersion.filter(({ active }) => active).length,
      deadLetters: ofVersion.filter(({ state }) => state === 'FAILED').length,
    }));
  }
}
