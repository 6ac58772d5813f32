import type { JobRecord } from '../../shared/domain/job.ts';
import type { JobChanges, JobChangesListener, JobChangesWatch } from '../../shared/ports/job-changes.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

const SEEN_FIELDS = ['state', 'gen', 'epoch', 'progress'] as const satisfies readonly (keyof JobRecord)[];

/** Changes of the jobs in a MemoryJobStore, told a moment later. A test may hold them up, or lose them. */
export class MemoryJobChanges implements JobChanges {
  readonly #listeners = new Set<JobChangesListener>();
  #held: (() => void)[] | undefined;

  constructor(store: MemoryJobStore) {
    store.onChange = (before, after) => this.#note(before, after);
  }

  /** Listeners now. */
  get listening(): number {
    return this.#listeners.size;
  }

  listen(listener: JobChangesListener): JobChangesWatch {
    this.#listeners.add(listener);
    this.#later(() => listener.missed());
    return {
      close: async () => {
        this.#listeners.delete(listener);
      },
    };
  }

  /** Nothing is told until `release` or `lose`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const tell of held) tell();
  }

  /** What was held is not told: a gap. */
  lose(): void {
    this.#held = undefined;
    for (const listener of this.#listeners) listener.missed();
  }

  #note(before: JobRecord | undefined, after: JobRecord): void {
    if (before && SEEN_FIELDS.every((field) => before[field] === after[field])) return;
    const { id, state, gen, epoch } = after;
    const change = {
      id,
      ...(before?.state !== state && { state }),
      ...(before?.gen !== gen && { gen }),
      ...(before?.epoch !== epoch && { epoch }),
      at: new Date(),
    };
    for (const listener of this.#listeners) this.#later(() => this.#listeners.has(listener) && listener.changed(change));
  }

  #later(tell: () => void): void {
    if (this.#held) this.#held.push(tell);
    else setImmediate(tell);
  }
}
