import type { Clock } from '../../shared/ports/clock.ts';
import type { JobEdit, JobEdits } from '../../shared/ports/job-edits.ts';

/** JobEdits in memory that pass the contract of the real ones. */
export class MemoryJobEdits implements JobEdits {
  readonly #clock: Clock;
  readonly #edits = new Map<string, JobEdit>();

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  async put(edit: Parameters<JobEdits['put']>[0]): Promise<void> {
    this.#edits.set(edit.id, { ...structuredClone(edit), at: this.#clock.now() });
  }

  async applied(id: string): Promise<void> {
    const edit = this.#edits.get(id);
    if (edit) this.#edits.set(id, { ...edit, isApplied: true });
  }

  async forget(id: string): Promise<void> {
    this.#edits.delete(id);
  }

  async ofJob(jobId: string): Promise<readonly JobEdit[]> {
    return structuredClone([...this.#edits.values()].filter((edit) => edit.jobId === jobId).slice(0, 100));
  }
}
