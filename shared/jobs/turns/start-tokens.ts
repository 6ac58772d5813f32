import { StoreUnavailableError } from '../../domain/failures.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RateBuckets } from '../../ports/rate-buckets.ts';

/** Where the bucket cannot be asked, nothing starts; it is asked again after this. */
const ASK_AGAIN_MS = 1_000;
/** Who would have to wait for longer comes earlier, and looks anew: a rate that was raised is seen within this. */
const LONGEST_WAIT_MS = 300_000;

export interface StartTokensDeps {
  readonly buckets: RateBuckets;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Asking {
  readonly perSecond: number;
  /** @param afterMs undefined: it may start. */
  answer(afterMs: number | undefined): void;
}

/** What this process knows of one rate. */
interface Line {
  readonly asking: Asking[];
  isAsked: boolean;
  /** Up to when the starts to come are given to jobs that were handed back. */
  givenUntilMs: number;
}

/**
 * Lets jobs of a rate start: each takes a token from a bucket that all workers share. Those that ask while it is being asked share
 * the next call. Who gets none is told when to come again: one after the other at the rate, behind those that were told before.
 */
export class StartTokens {
  readonly #deps: StartTokensDeps;
  readonly #lines = new Map<string, Line>();

  constructor(deps: StartTokensDeps) {
    this.#deps = deps;
  }

  /** @returns after how many ms to come again; undefined: it may start now. */
  take(name: string, perSecond: number): Promise<number | undefined> {
    const line = this.#lines.get(name) ?? { asking: [], isAsked: false, givenUntilMs: 0 };
    this.#lines.set(name, line);
    const answer = new Promise<number | undefined>((resolve) => {
      line.asking.push({ perSecond, answer: resolve });
    });
    if (!line.isAsked) void this.#ask(name, line);
    return answer;
  }

  async #ask(name: string, line: Line): Promise<void> {
    line.isAsked = true;
    // Jobs that were claimed together ask one after the other in this turn of the loop: they share a call.
    await Promise.resolve();
    while (line.asking.length > 0) {
      const batch = line.asking.splice(0);
      const { perSecond } = batch.at(-1)!;
      const { granted, waitMs } = await this.#takeMany(name, batch.length, perSecond);
      for (const [index, one] of batch.entries()) one.answer(index < granted ? undefined : this.#placeIn(line, waitMs, perSecond));
    }
    line.isAsked = false;
    // Nobody was told to come later: nothing is known that another line would not know.
    if (line.givenUntilMs <= this.#deps.clock.monotonicMs()) this.#lines.delete(name);
  }

  #placeIn(line: Line, waitMs: number, perSecond: number): number {
    const { clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    const atMs = Math.max(nowMs + waitMs, line.givenUntilMs);
    // Spread, so that those that find no place in the line do not come all at once.
    if (atMs - nowMs > LONGEST_WAIT_MS) return Math.ceil(LONGEST_WAIT_MS * (0.5 + clock.random() / 2));
    line.givenUntilMs = atMs + 1_000 / perSecond;
    return Math.ceil(atMs - nowMs);
  }

  async #takeMany(name: string, wanted: number, perSecond: number): Promise<{ readonly granted: number; readonly waitMs: number }> {
    const { buckets, logger } = this.#deps;
    try {
      const { granted, level } = await buckets.take(`starts:${name}`, wanted, { perSecond, burst: Math.max(1, perSecond) });
      return { granted, waitMs: Math.max(0, ((1 - level) * 1_000) / perSecond) };
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) logger.error({ err: error }, 'asking for a start failed');
      return { granted: 0, waitMs: ASK_AGAIN_MS };
    }
  }
}
