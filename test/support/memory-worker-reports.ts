import type { SeenWorker, WorkerReport } from '../../shared/domain/control/worker-report.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { WorkerReports } from '../../shared/ports/worker-reports.ts';

/** WorkerReports in memory that pass the contract of the real ones. */
export class MemoryWorkerReports implements WorkerReports {
  readonly #clock: Clock;
  readonly #workers = new Map<string, SeenWorker>();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  async report(report: WorkerReport): Promise<void> {
    this.#workers.set(report.id, structuredClone({ ...report, reportedAt: this.#clock.now() }));
  }

  async remove(id: string): Promise<void> {
    this.#workers.delete(id);
  }

  async list(): Promise<readonly SeenWorker[]> {
    return structuredClone([...this.#workers.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  }
}
