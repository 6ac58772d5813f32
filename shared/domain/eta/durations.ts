/** Half and nine tenths of what is expected end within these, in ms. */
export interface Spread {
  readonly p50Ms: number;
  readonly p90Ms: number;
}

/** When a job will probably have ended: half of all jobs by `p50`, nine of ten by `p90`. */
export interface Eta {
  readonly p50: Date;
  readonly p90: Date;
}

/** For what has run longer than anything before it: half as long again, or three times as long in all. */
const BEYOND = { p50: 0.5, p90: 2 } as const;

/** The value below which a share of sorted numbers lies: the nearest rank. @param share above 0, at most 1. */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)];
}

/** How long something took lately. */
export class Durations {
  readonly #sorted: readonly number[];

  constructor(durationsMs: readonly number[]) {
    this.#sorted = durationsMs.toSorted((a, b) => a - b);
  }

  get count(): number {
    return this.#sorted.length;
  }

  /** Of one that begins; undefined while nothing is known. */
  spread(): Spread | undefined {
    return spreadOf(this.#sorted);
  }

  /** What is left of one that has gone on for so long: that of those that took longer. */
  left(elapsedMs: number): Spread | undefined {
    if (this.#sorted.length === 0) return undefined;
    const longer = this.#sorted.filter((duration) => duration > elapsedMs).map((duration) => duration - elapsedMs);
    return spreadOf(longer) ?? { p50Ms: elapsedMs * BEYOND.p50, p90Ms: elapsedMs * BEYOND.p90 };
  }
}

function spreadOf(sorted: readonly number[]): Spread | undefined {
  const [p50Ms, p90Ms] = [quantile(sorted, 0.5), quantile(sorted, 0.9)];
  return p50Ms === undefined || p90Ms === undefined ? undefined : { p50Ms, p90Ms };
}
