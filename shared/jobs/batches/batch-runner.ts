import type { BatchRun, ShippedRun } from '../../domain/batches/batch-run.ts';
import { SHIPPED_RUNS } from '../../domain/batches/batch-run.ts';
import { StoreUnavailableError } from '../../domain/failures.ts';
import { whileLeased } from '../keep-lease.ts';
import type { BatchRunDeps } from './batch-deps.ts';
import { RuleRun } from './run-rule.ts';

/** A run whose scheduler died goes on after this. */
const LEASE_MS = 15_000;
/** Runs that one process carries out at once. */
const AT_ONCE = 4;
/** How often a shipped run looks whether it was aborted. */
const LOOK_EVERY_MS = 1_000;

/** Carries out the runs that were asked for, each by one scheduler at a time, several side by side. */
export class BatchRunner {
  readonly #deps: BatchRunDeps;
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: BatchRunDeps) {
    this.#deps = deps;
  }

  /** Takes up what is open, and does not wait for it. @returns runs taken up. */
  async takeUp(stop: AbortSignal): Promise<number> {
    let taken = 0;
    for (const run of await this.#deps.runs.open(AT_ONCE * 4)) {
      if (this.#running.has(run.id) || this.#running.size >= AT_ONCE || stop.aborted) continue;
      const work = this.#lead(run, stop).finally(() => this.#running.delete(run.id));
      this.#running.set(run.id, work);
      taken += 1;
    }
    return taken;
  }

  /** Waits for what is under way; it ends soon once the signal of its `takeUp` has fired. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #lead(run: BatchRun, stop: AbortSignal): Promise<void> {
    const { logger, runs } = this.#deps;
    try {
      await whileLeased(this.#deps, { name: `batch-run:${run.id}`, leaseMs: LEASE_MS }, stop, (signal) => this.#carryOut(run.id, signal));
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof StoreUnavailableError)
        return logger.warn({ batch_run: run.id, error: error.message }, 'batch run could not reach the store');
      logger.error({ err: error, batch_run: run.id }, 'batch run failed');
      await runs.end(run.id, 'failed', error instanceof Error ? error.message.slice(0, 500) : String(error)).catch(() => undefined);
    }
  }

  async #carryOut(id: string, signal: AbortSignal): Promise<void> {
    // As it is now that nobody else works on it.
    const run = await this.#deps.runs.read(id);
    if (!run || run.endedAt) return;
    const { spec } = run;
    if (spec) return new RuleRun(this.#deps, { ...run, spec }, signal).carryOut();
    if (!isShipped(run.of)) throw new Error(`There is no run ${JSON.stringify(run.of)} in this release.`);
    await this.#carryOutShipped({ ...run, of: run.of }, signal);
  }

  async #carryOutShipped(run: BatchRun & { readonly of: ShippedRun }, signal: AbortSignal): Promise<void> {
    const { runs, shipped, logger } = this.#deps;
    if (run.abortRequested) return runs.end(run.id, 'aborted');
    await runs.begin(run.id, false);
    const aborted = new AbortController();
    const over = AbortSignal.any([signal, aborted.signal]);
    const ended = new AbortController();
    const watching = this.#watchAbort(run.id, aborted, AbortSignal.any([over, ended.signal]));
    try {
      const counts = await shipped[run.of](run, over, (noted) => runs.note(run.id, noted));
      if (signal.aborted) return;
      await runs.note(run.id, counts);
      await runs.end(run.id, aborted.signal.aborted ? 'aborted' : 'done');
      if (Object.values(counts).some((count) => count > 0)) logger.info({ batch_run: run.id, of: run.of, ...counts }, 'batch run is done');
    } finally {
      ended.abort();
      await watching;
    }
  }

  async #watchAbort(id: string, aborted: AbortController, until: AbortSignal): Promise<void> {
    const { clock, runs } = this.#deps;
    while (!until.aborted) {
      await clock.sleep(LOOK_EVERY_MS, until);
      if (until.aborted) return;
      const now = await runs.read(id).catch(() => undefined);
      if (now?.abortRequested) aborted.abort();
    }
  }
}

function isShipped(name: string): name is ShippedRun {
  return (SHIPPED_RUNS as readonly string[]).includes(name);
}
