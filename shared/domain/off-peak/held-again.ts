import type { OffPeakHold } from './off-peak-hold.ts';

/** Held for so long where no opening is known. */
const NO_OPENING_MS = 3_600_000;
const LEAST_MS = 1_000;

/** Spreads jobs that were released and did not start in time: they come back from the next opening on, at the window's rate. */
export class HeldAgain {
  #opensAtMs = 0;
  #count = 0;

  /** After how long a job is owed again. @param now the store's clock. */
  postponedMs({ window, opensAt, until, startBy }: OffPeakHold, now: Date): number {
    if (!until) return NO_OPENING_MS;
    const waitMs = Math.max(LEAST_MS, until.getTime() - now.getTime());
    if (!opensAt || until < opensAt || window?.perSecond === undefined) return waitMs;
    if (opensAt.getTime() !== this.#opensAtMs) this.#count = 0;
    this.#opensAtMs = opensAt.getTime();
    this.#count += 1;
    const spreadMs = waitMs + Math.floor(((this.#count - 1) * 1_000) / window.perSecond);
    return startBy ? Math.min(spreadMs, startBy.getTime() - now.getTime()) : spreadMs;
  }
}
