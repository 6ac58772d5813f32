/** What a worker process says of itself, each 5 s. */
export interface WorkerReport {
  /** Names the process in records and logs; a restarted process is another one. */
  readonly id: string;
  readonly service: string;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly stages: readonly string[];
  readonly startedAt: Date;
  /** Claims held, each with a lease. */
  readonly leases: number;
  /** Some of the jobs at work, at most 20. */
  readonly jobs: readonly { readonly id: string; readonly type: string; readonly stage: number; readonly attempt: number }[];
  /** Doorbells delivered there whose work has not begun. */
  readonly bellsHeld: number;
  readonly slots: number;
  readonly slotsBusy: number;
  /** How late the event loop was since the last report: mean and longest, in ms. */
  readonly loopLagMs: { readonly mean: number; readonly longest: number };
  readonly memoryBytes: number;
  /** Takes no new work: it is drained. */
  readonly draining: boolean;
  /** Takes no messages: it is drained, or all of its stages are paused. */
  readonly paused: boolean;
}

/** A report as it is stored. */
export interface SeenWorker extends WorkerReport {
  readonly reportedAt: Date;
}

/** Workers report this often. */
export const WORKER_REPORT_EVERY_MS = 5_000;
/** A worker that has not reported for so long is dead, frozen, or cut off. */
const SILENT_AFTER_MS = 3 * WORKER_REPORT_EVERY_MS;
/** By then what it held has been rescued, and its report is forgotten. */
export const WORKER_FORGOTTEN_S = 600;

/** @param now the store's clock. */
export function isWorkerSilent({ reportedAt }: Pick<SeenWorker, 'reportedAt'>, now: Date): boolean {
  return now.getTime() - reportedAt.getTime() > SILENT_AFTER_MS;
}
