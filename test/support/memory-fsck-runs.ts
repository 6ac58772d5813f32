import type { FsckProgress, FsckReport } from '../../shared/domain/fsck-report.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { FsckRun, FsckRuns } from '../../shared/ports/fsck-runs.ts';

const KEPT = 50;

/** FsckRuns in memory that pass the contract of the real ones. */
export class MemoryFsckRuns implements FsckRuns {
  readonly #clock: Clock;
  readonly #runs = new Map<string, FsckRun>();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  async request({ id, by, repair }: Pick<FsckRun, 'id' | 'by' | 'repair'>): Promise<boolean> {
    if (this.#runs.has(id)) return false;
    this.#runs.set(id, { id, by, repair, state: 'requested', tries: 0, requestedAt: this.#clock.now() });
    for (const { id: old } of this.#newest()
      .filter((run) => !isOpen(run))
      .slice(KEPT))
      this.#runs.delete(old);
    return true;
  }

  async open(): Promise<FsckRun | undefined> {
    return structuredClone(this.#newest().findLast(isOpen));
  }

  async begin(id: string): Promise<void> {
    const run = this.#runs.get(id);
    if (run && isOpen(run)) this.#runs.set(id, { ...run, state: 'running', startedAt: this.#clock.now(), tries: run.tries + 1 });
  }

  async note(id: string, progress: FsckProgress): Promise<void> {
    const run = this.#runs.get(id);
    if (run?.state === 'running') this.#runs.set(id, { ...run, progress });
  }

  async giveBack(id: string): Promise<void> {
    const run = this.#runs.get(id);
    if (run?.state === 'running') this.#runs.set(id, { ...run, state: 'requested', tries: run.tries - 1 });
  }

  async end(id: string, outcome: { readonly report: FsckReport } | { readonly error: string }): Promise<void> {
    const run = this.#runs.get(id);
    if (!run) return;
    const { progress: _, ...rest } = run;
    this.#runs.set(id, {
      ...rest,
      ...structuredClone(outcome),
      state: 'report' in outcome ? 'done' : 'failed',
      endedAt: this.#clock.now(),
    });
  }

  async read(id: string): Promise<FsckRun | undefined> {
    return structuredClone(this.#runs.get(id));
  }

  async list(limit: number): Promise<readonly FsckRun[]> {
    return this.#newest()
      .slice(0, limit)
      .map(({ report, ...run }) => structuredClone({ ...run, ...(report && { report: { ...report, findings: [] } }) }));
  }

  #newest(): FsckRun[] {
    return [...this.#runs.values()].sort((a, b) => b.requestedAt.getTime() - a.requestedAt.getTime() || (a.id < b.id ? 1 : -1));
  }
}

function isOpen({ state }: FsckRun): boolean {
  return state === 'requested' || state === 'running';
}
