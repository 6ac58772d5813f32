import type { SeenWorker, WorkerReport } from '../domain/control/worker-report.ts';

/** What worker processes say of themselves. Methods throw `StoreUnavailableError`. */
export interface WorkerReports {
  /** In place of the worker's last report. Kept for 10 min. */
  report(report: WorkerReport): Promise<void>;
  /** A worker that ends by itself takes its report away. */
  remove(id: string): Promise<void>;
  /** By id. */
  list(): Promise<readonly SeenWorker[]>;
}
