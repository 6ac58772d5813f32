import { StoreUnavailableError } from '../domain/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { RateBuckets } from '../ports/rate-buckets.ts';

/** The end of a cap is seen within this. */
const LONGEST_SLEEP_MS = 1_000;
const SHORTEST_SLEEP_MS = 20;
/** Who has waited for so long waits in the queue again: the broker bounds how long a message may be held. */
const MOST_WAIT_MS = 300_000;

export interface SlowGateDeps {
  /** Jobs of a stage that may start a second, over all workers; undefined: as many as can. */
  rateOf(stage: string): number | undefined;
  readonly buckets: RateBuckets;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Lets jobs of a slowed stage start at its rate: each start takes a token from a bucket that all workers share. */
export class SlowGate {
  readonly #deps: SlowGateDeps;

  constructor(deps: SlowGateDeps) {
    this.#deps = deps;
  }

  isSlow(stage: string): boolean {
    return this.#deps.rateOf(stage) !== undefined;
  }

  /** Waits until one of so many may start. @returns how many may; 0: it has taken too long, or the signal fired. */
  async admit(stage: string, wanted: number, signal: AbortSignal): Promise<number> {
    const { rateOf, clock } = this.#deps;
    const untilMs = clock.monotonicMs() + MOST_WAIT_MS;
    while (!signal.aborted && clock.monotonicMs() < untilMs) {
      const perSecond = rateOf(stage);
      if (perSecond === undefined) return wanted;
      const { granted, waitMs } = await this.#take(stage, wanted, perSecond);
      if (granted > 0) return granted;
      // Several workers wait for the same token.
      const jitteredMs = waitMs * (1 + clock.random() / 2);
      await clock.sleep(Math.min(Math.max(jitteredMs, SHORTEST_SLEEP_MS), LONGEST_SLEEP_MS), signal);
    }
    return 0;
  }

  async #take(stage: string, wanted: number, perSecond: number): Promise<{ readonly granted: number; readonly waitMs: number }> {
    try {
      const limit = { perSecond, burst: Math.max(1, perSecond) };
      const { granted, level } = await this.#deps.buckets.take(`slow:${stage}`, wanted, limit);
      return { granted, waitMs: ((1 - level) * 1_000) / perSecond };
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.#deps.logger.debug({ err: error }, 'the bucket of a slowed stage could not be asked');
      return { granted: 0, waitMs: LONGEST_SLEEP_MS };
    }
  }
}
