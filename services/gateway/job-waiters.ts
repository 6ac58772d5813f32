import type { Clock } from '../../shared/ports/clock.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Service } from '../../shared/ports/service.ts';
import { GroupedCap } from './bounds/grouped-cap.ts';

const MOST = 200;
const LOOK_EVERY_MS = 100;

export interface JobWaitersDeps {
  readonly store: Pick<JobStore, 'read'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Requests held at once; a further one is answered at once. Default 200. */
  readonly most?: number;
  /** Of these, one client's. Default: all. */
  readonly mostPerClient?: number;
  onRefused?(bound: 'held_requests' | 'held_requests_per_client'): void;
}

/** A request that may be held. */
export interface Wish {
  readonly id: string;
  readonly ms: number;
  /** Whose request it is. */
  readonly client: string;
  /** Aborted when its client is gone. */
  readonly signal: AbortSignal;
  /** Called when it is going to be held. */
  onHeld?(): void;
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
  readonly cap: GroupedCap;
  readonly limit: number;
  readonly #waiting = new Set<Waiter>();
  readonly #stopped = new AbortController();
  #looking: Promise<void> | undefined;

  constructor(deps: JobWaitersDeps) {
    this.#deps = deps;
    this.limit = deps.most ?? MOST;
    this.cap = new GroupedCap(deps.mostPerClient ?? this.limit);
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
   * @returns false, at once, when too many wait already, of all clients or of this one.
   */
  async wait(wish: Wish): Promise<boolean> {
    if (this.#stopped.signal.aborted || wish.signal.aborted) return false;
    const leave = this.#enter(wish.client);
    if (!leave) return false;
    wish.onHeld?.();
    await this.#hold(wish);
    leave();
    return true;
  }

  #enter(client: string): (() => void) | undefined {
    const { onRefused } = this.#deps;
    if (this.#waiting.size >= this.limit) {
      onRefused?.('held_requests');
      return undefined;
    }
    const leave = this.cap.enter(client);
    if (!leave) onRefused?.('held_requests_per_client');
    return leave;
  }

  #hold({ id, ms, signal }: Wish): Promise<void> {
    const { clock } = this.#deps;
    return new Promise<void>((resolve) => {
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
