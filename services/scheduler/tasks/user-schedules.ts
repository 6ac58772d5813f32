import { StoreUnavailableError } from '../../../shared/domain/failures.ts';
import { runDueSchedules } from '../../../shared/jobs/schedules/run-due-schedules.ts';
import type { ScheduleDeps } from '../../../shared/jobs/schedules/schedule-deps.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import type { Service } from '../../../shared/ports/service.ts';

/** Should a change not be told: a schedule is late by no more than this. */
const LONGEST_SLEEP_MS = 10_000;
/** After a failure, and where others work on what is due. */
const REST_MS = 250;
const AFTER_FAILURE_MS = 1_000;

export interface UserSchedulesDeps extends ScheduleDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Runs the users' schedules: sleeps until the next one is due or any is changed. Any number of schedulers may do it side by side. */
export class UserSchedules implements Service {
  readonly name = 'user-schedules';
  readonly #deps: UserSchedulesDeps;
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #watch: { close(): Promise<void> } | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: UserSchedulesDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#watch = this.#deps.schedules.watch(() => this.#wake.abort());
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    await this.#watch?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      // Before the look, so that a change during it is not slept through.
      this.#wake = new AbortController();
      const { clock } = this.#deps;
      await clock.sleep(await this.#pass(), AbortSignal.any([this.#wake.signal, this.#stopped.signal]));
    }
  }

  /** @returns how long to sleep, in ms. */
  async #pass(): Promise<number> {
    const { logger, schedules, store } = this.#deps;
    try {
      const { submitted, isMore } = await runDueSchedules(this.#deps, this.#stopped.signal);
      if (submitted > 0) logger.info({ count: submitted }, 'ticks of schedules were submitted');
      if (isMore) return 0;
      const [nextAt, now] = [await schedules.nextDueAt(), await store.serverTime()];
      if (!nextAt) return LONGEST_SLEEP_MS;
      // Due already: others are at it, or will be missed.
      return Math.min(Math.max(nextAt.getTime() - now.getTime(), nextAt <= now ? REST_MS : 0), LONGEST_SLEEP_MS);
    } catch (error) {
      if (this.#stopped.signal.aborted) return 0;
      if (error instanceof StoreUnavailableError) logger.warn({ error: error.message }, 'schedules could not reach the store');
      else logger.error({ err: error }, 'running the schedules failed');
      return AFTER_FAILURE_MS;
    }
  }
}
