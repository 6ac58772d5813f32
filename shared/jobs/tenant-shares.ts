import { StoreUnavailableError } from '../domain/failures.ts';
import type { AskedLane, Lane } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { OverflowJobs } from '../ports/overflow-jobs.ts';

/** Whether a tenant still has jobs in overflow is asked at most this often, and only while it submits. */
const ASK_EVERY_MS = 2_000;
/** A share that was used up is whole again after this long. */
const REFILL_MS = 10_000;
const MOST_KNOWN = 10_000;

interface Use {
  /** Jobs that still fit into its share. */
  room: number;
  roomAtMs: number;
  /** It has jobs in overflow, or had when it was last asked: what comes now must not overtake them. */
  isOver: boolean;
  askedAtMs: number;
}

export interface TenantSharesOptions {
  readonly overflow: OverflowJobs;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Logger;
  /** Jobs of one tenant in one lane, from 1. */
  readonly share: number;
}

/**
 * Puts what one tenant submits beyond its share of a lane into lane `overflow`, until its jobs there have begun. So others' jobs
 * never stand behind more than a few of each tenant's, and nothing is held back: where nobody else has work, overflow is worked
 * as fast as any lane. Each gateway counts what it accepts itself.
 */
export class TenantShares {
  readonly #options: TenantSharesOptions;
  readonly #uses = new Map<string, Use>();

  constructor(options: TenantSharesOptions) {
    this.#options = options;
  }

  /** The lane for one more job, which is counted. */
  laneFor(tenant: string, lane: AskedLane): Lane {
    const use = this.#useOf(tenant, lane);
    if (use.isOver) {
      this.#askAgain(use, tenant, lane);
      return 'overflow';
    }
    this.#refill(use);
    if (use.room >= 1) {
      use.room -= 1;
      return lane;
    }
    use.isOver = true;
    use.askedAtMs = this.#options.clock.monotonicMs();
    return 'overflow';
  }

  #useOf(tenant: string, lane: AskedLane): Use {
    const key = `${lane} ${tenant}`;
    const known = this.#uses.get(key);
    if (known) return known;
    const nowMs = this.#options.clock.monotonicMs();
    const use: Use = { room: this.#options.share, roomAtMs: nowMs, isOver: false, askedAtMs: nowMs };
    this.#uses.set(key, use);
    if (this.#uses.size > MOST_KNOWN) this.#uses.delete(this.#uses.keys().next().value!);
    return use;
  }

  #refill(use: Use): void {
    const { clock, share } = this.#options;
    const nowMs = clock.monotonicMs();
    use.room = Math.min(share, use.room + (share * (nowMs - use.roomAtMs)) / REFILL_MS);
    use.roomAtMs = nowMs;
  }

  /** In the background: no submission waits for it. */
  #askAgain(use: Use, tenant: string, lane: AskedLane): void {
    const { clock, overflow, logger } = this.#options;
    if (clock.monotonicMs() - use.askedAtMs < ASK_EVERY_MS) return;
    use.askedAtMs = clock.monotonicMs();
    overflow.hasWaiting(tenant, lane).then(
      (isOver) => {
        use.isOver = isOver;
      },
      // Submissions fail by themselves while the store is away; the next one asks again.
      (error: unknown) => {
        if (!(error instanceof StoreUnavailableError)) logger.error({ err: error }, 'jobs in overflow could not be looked for');
      },
    );
  }
}
