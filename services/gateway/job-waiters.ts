import type { Clock } from '../../shared/ports/clock.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Service } from '../../shared/ports/service.ts';

/** Requests held at once; a further one is answered at once. */
const MOST = 200;
const LOOK_EVERY_MS = 100;

export interface JobWaitersDeps {
  readonly store: Pick<JobStore, 'read'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default 200. */
  readonly most?: number;
}

interface Waiter {
  readonly id: string;
  readonly untilMs: number;
  end(): void;
}

/** Holds requests until their jobs have ended: one look at the store each 0.1 s for all of them, and none while nobody waits. */
export class JobWaiters implements Service {
  readonly name = 'job-waiters';
  readonly #deps: JobWaitersDeps;
  readonly #waiting = new Set<Waiter>();
  readonly #stopped = new AbortController();
  #looking: Promise<void> | undefined;

  constructor(deps: JobWaitersDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {}

  /** Lets all go, so that they are answered before the connections are closed. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const waiter of this.#waiting) waiter.end();
    await this.#looking;
  }

  /** Requests held. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when the job has ended or is gone, when the time is up, the signal aborted, the store away, or this process stops.
   * @returns false, at once, when too many wait already.
   */
  async wait(id: string, ms: number, signal: AbortSignal): Promise<boolean> {
    const { clock, most = MOST } = this.#deps;
    if (this.#waiting.size >= most || this.#stopped.signal.aborted || signal.aborted) return false;
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        id,
        untilMs: clock.monotonicMs() + ms,
        end: () => {
          signal.removeEventListener('abort', waiter.end);
          this.#waiting.delete(waiter);
          resolve();
        },
      };
      signal.addEventListener('abort', waiter.end);
      this.#waiting.add(waiter);
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    });
    return true;
  }

  async #look(): Promise<void> {
    const { store, clock, logger } = this.#deps;
    while (this.#waiting.size > 0) {
      await clock.sleep(LOOK_EVERY_MS, this.#stopped.signal);
      const nowMs = clock.monotonicMs();
      for (const waiter of this.#waiting) if (waiter.untilMs <= nowMs) waiter.end();
      const looked = [...this.#waiting];
      if (looked.length === 0) return;
      try {
        const found = await store.read([...new Set(looked.map(({ id }) => id))], 'local');
        const active = new Set(found.filter((record) => record.active).map(({ id }) => id));
        for (const waiter of looked) if (!active.has(waiter.id)) waiter.end();
      } catch (error) {
        logger.debug({ err: error }, 'jobs that requests wait for could not be read');
        for (const waiter of looked) waiter.end();
      }
    }
  }
}
