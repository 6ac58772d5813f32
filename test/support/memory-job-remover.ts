import { TERMINAL_STATES } from '../../shared/domain/job.ts';
import type { JobRemover } from '../../shared/ports/job-remover.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** A JobRemover of a store in memory that passes the contract of the real one. */
export class MemoryJobRemover implements JobRemover {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async remove(id: string, gen: number): Promise<boolean> {
    const record = this.#store.peek(id);
    if (!record || record.gen !== gen || record.evt?.due || !TERMINAL_STATES.includes(record.state)) return false;
    this.#store.forget(id);
    return true;
  }
}
