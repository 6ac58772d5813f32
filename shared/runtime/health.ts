import { monitorEventLoopDelay } from 'node:perf_hooks';

/** One thing that a process needs. */
export interface HealthCheck {
  readonly name: string;
  /** False: its failure shows as `degraded` and the process stays ready. Default true. */
  readonly isRequired?: boolean;
  /** Default 2,000. */
  readonly timeoutMs?: number;
  /** @returns what is wrong, or undefined when all is well; a throw is a failure too. */
  run(): Promise<string | undefined> | string | undefined;
}

export interface CheckReport {
  readonly status: 'ok' | 'failed';
  readonly required: boolean;
  readonly took_ms: number;
  readonly message?: string;
}

/** Body of /livez, /readyz and /startupz. */
export interface HealthReport {
  readonly ok: boolean;
  readonly status: 'ok' | 'degraded' | 'starting' | 'stopping' | 'failed';
  readonly checks?: Readonly<Record<string, CheckReport>>;
}

const DEFAULT_TIMEOUT_MS = 2_000;

async function withTimeout(check: HealthCheck): Promise<string | undefined> {
  const timeoutMs = check.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, `no answer within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([Promise.resolve(check.run()), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function runCheck(check: HealthCheck): Promise<CheckReport> {
  const startedAtMs = performance.now();
  let message: string | undefined;
  try {
    message = await withTimeout(check);
  } catch (error) {
    message = error instanceof Error ? error.name : 'failed';
  }
  const required = check.isRequired ?? true;
  const took_ms = Math.round(performance.now() - startedAtMs);
  return { status: message === undefined ? 'ok' : 'failed', required, took_ms, ...(message !== undefined && { message }) };
}

/**
 * What a process says about itself: alive; started (once); ready = started, not stopping, and every required check holds.
 * Checks run at most once at a time: requests that come meanwhile share the answer.
 */
export class Health {
  readonly #checks: readonly HealthCheck[];
  #phase: 'starting' | 'started' | 'stopping' = 'starting';
  #running: Promise<HealthReport> | undefined;

  constructor(checks: readonly HealthCheck[]) {
    this.#checks = checks;
  }

  markStarted(): void {
    if (this.#phase === 'starting') this.#phase = 'started';
  }

  /** From now on the process is not ready. */
  markStopping(): void {
    this.#phase = 'stopping';
  }

  /** True from the moment that the process has begun to stop. */
  get isStopping(): boolean {
    return this.#phase === 'stopping';
  }

  live(): HealthReport {
    return { ok: true, status: 'ok' };
  }

  startup(): HealthReport {
    return this.#phase === 'starting' ? { ok: false, status: 'starting' } : { ok: true, status: 'ok' };
  }

  async ready(): Promise<HealthReport> {
    if (this.#phase !== 'started') return { ok: false, status: this.#phase };
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
    const report = await this.#running;
    return this.isStopping ? { ok: false, status: 'stopping' } : report;
  }

  async #runAll(): Promise<HealthReport> {
    const reports = await Promise.all(this.#checks.map(async (check) => [check.name, await runCheck(check)] as const));
    const failed = reports.filter(([, report]) => report.status === 'failed');
    const ok = failed.every(([, report]) => !report.required);
    return { ok, status: !ok ? 'failed' : failed.length > 0 ? 'degraded' : 'ok', checks: Object.fromEntries(reports) };
  }
}

const NS_PER_MS = 1_000_000;

/**
 * Fails while the event loop is kept busy: mean delay since the last look above `maxMs` (default 1,000). Heartbeats of
 * leases and of AMQP depend on that loop.
 */
export function eventLoopCheck(maxMs = 1_000): HealthCheck {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    name: 'event_loop',
    run() {
      const meanMs = delay.mean / NS_PER_MS;
      delay.reset();
      return meanMs > maxMs ? `the event loop is ${Math.round(meanMs)} ms late (limit ${maxMs} ms)` : undefined;
    },
  };
}
