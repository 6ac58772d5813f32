import cron, { type ScheduledTask as CronTask } from 'node-cron';
import { StoreUnavailableError } from '../../shared/domain/failures.ts';
import type { Service } from '../../shared/ports/service.ts';
import type { ScheduledTask } from './schedule.ts';
import type { SchedulerDeps } from './scheduler-deps.ts';
import { EVENTS_LEASE } from './tasks/relay-events-alone.ts';

/** What a task has done since the start. */
export interface TaskCounters {
  done: number;
  storeUnavailable: number;
  failed: number;
  /** What its runs answered, added up. */
  items: number;
  tookMs: number;
}

/** Runs the schedule by node-cron in UTC: a metronome. A task that still runs is not started again. */
export class ScheduleRunner implements Service {
  readonly name = 'schedule';
  readonly #deps: SchedulerDeps;
  readonly #tasks: readonly ScheduledTask[];
  /** By name of the task. */
  readonly counters: ReadonlyMap<string, Readonly<TaskCounters>>;
  readonly #counters: ReadonlyMap<string, TaskCounters>;
  readonly #running = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  #crons: CronTask[] = [];

  constructor(deps: SchedulerDeps, tasks: readonly ScheduledTask[]) {
    this.#deps = deps;
    this.#tasks = tasks;
    this.#counters = new Map(tasks.map(({ name }) => [name, { done: 0, storeUnavailable: 0, failed: 0, items: 0, tookMs: 0 }]));
    this.counters = this.#counters;
  }

  async start(): Promise<void> {
    this.#crons = this.#tasks.map((task) => cron.schedule(task.cron, () => void this.#tick(task), { timezone: 'UTC', name: task.name }));
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#crons.map((one) => one.destroy()));
    await Promise.allSettled(this.#running.values());
    const { leases, dues, owner } = this.#deps;
    await dues.giveUp().catch(() => undefined);
    await Promise.all(['janitor', EVENTS_LEASE].map((name) => leases.release(name, owner).catch(() => undefined)));
  }

  /** Runs a task now, beside its metronome: after the run under way, which may have looked too early. Never rejects. */
  async runNow(name: string): Promise<void> {
    const task = this.#tasks.find((one) => one.name === name)!;
    while (this.#running.has(name)) await this.#running.get(name);
    await this.#tick(task);
  }

  #tick(task: ScheduledTask): Promise<void> | undefined {
    if (this.#running.has(task.name) || this.#stopped.signal.aborted) return undefined;
    const run = this.#run(task).finally(() => this.#running.delete(task.name));
    this.#running.set(task.name, run);
    return run;
  }

  async #run(task: ScheduledTask): Promise<void> {
    const { logger, clock } = this.#deps;
    const counters = this.#counters.get(task.name)!;
    const startedAtMs = clock.monotonicMs();
    try {
      const count = await task.run(this.#deps, this.#stopped.signal);
      counters.done += 1;
      counters.items += count;
      if (count > 0) logger.info({ task: task.name, count }, 'scheduled task did its work');
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      if (error instanceof StoreUnavailableError) {
        counters.storeUnavailable += 1;
        logger.warn({ task: task.name, error: error.message }, 'scheduled task could not reach the store');
      } else {
        counters.failed += 1;
        logger.error({ err: error, task: task.name }, 'scheduled task failed');
      }
    } finally {
      counters.tookMs += clock.monotonicMs() - startedAtMs;
    }
  }
}
