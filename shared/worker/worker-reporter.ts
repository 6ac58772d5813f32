import { monitorEventLoopDelay } from 'node:perf_hooks';
import { WORKER_REPORT_EVERY_MS, type WorkerReport } from '../domain/control/worker-report.ts';
import type { StageEngine } from '../jobs/stage-engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import type { WorkerReports } from '../ports/worker-reports.ts';

const MOST_JOBS = 20;
const NS_PER_MS = 1_000_000;

export interface WorkerReporterDeps {
  readonly reports: WorkerReports;
  readonly engine: Pick<StageEngine, 'jobs' | 'running' | 'waiting' | 'slots'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What does not change. */
  readonly self: Pick<WorkerReport, 'id' | 'service' | 'version' | 'host' | 'pid' | 'stages'>;
  /** Whether it takes new work. */
  intake(): Pick<WorkerReport, 'draining' | 'paused'>;
}

/** Tells each 5 s what this worker process is and does, for GET /admin/v1/workers. */
export class WorkerReporter implements Service {
  readonly name = 'worker-reporter';
  readonly #deps: WorkerReporterDeps;
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  readonly #stopped = new AbortController();
  #startedAt = new Date(0);
  #reporting: Promise<void> | undefined;

  constructor(deps: WorkerReporterDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#startedAt = this.#deps.clock.now();
    this.#delay.enable();
    this.#reporting = this.#reportAll();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#reporting;
    this.#delay.disable();
    const { reports, logger, self } = this.#deps;
    await reports.remove(self.id).catch((error: unknown) => logger.debug({ err: error }, 'the report of this worker was not removed'));
  }

  async #reportAll(): Promise<void> {
    const { reports, clock, logger } = this.#deps;
    while (!this.#stopped.signal.aborted) {
      try {
        await reports.report(this.#report());
      } catch (error) {
        logger.debug({ err: error }, 'this worker was not reported');
      }
      await clock.sleep(WORKER_REPORT_EVERY_MS, this.#stopped.signal);
    }
  }

  #report(): WorkerReport {
    const { engine, self, intake } = this.#deps;
    const { mean, max } = this.#delay;
    this.#delay.reset();
    return {
      ...self,
      startedAt: this.#startedAt,
      leases: engine.running,
      jobs: [...engine.jobs()].slice(0, MOST_JOBS).map(({ id, type, stage, attempt }) => ({ id, type, stage, attempt })),
      bellsHeld: engine.waiting,
      slots: engine.slots.all,
      slotsBusy: engine.slots.busy,
      // Without a sample the mean is NaN.
      loopLagMs: { mean: Math.round(mean / NS_PER_MS) || 0, longest: Math.round(max / NS_PER_MS) || 0 },
      memoryBytes: process.memoryUsage.rss(),
      ...intake(),
    };
  }
}
