import { NEWEST_AFTER_MS } from '../domain/watermark.ts';
import type { Clock } from '../ports/clock.ts';

interface Seen {
  readonly publishedAt: Date;
  readonly atMs: number;
}

/** The newest publish time among the first deliveries of each queue, told only once it is old enough to count (shared/domain/watermark.ts). */
export class FirstDeliveries {
  readonly #clock: Clock;
  /** By queue: the newest that counts, and those that will. */
  readonly #seen = new Map<string, { settled?: Seen; later: Seen[] }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(queue: string, publishedAt: Date): void {
    const atMs = this.#clock.monotonicMs();
    const of = this.#seen.get(queue) ?? { later: [] };
    this.#seen.set(queue, of);
    const last = of.later.at(-1);
    // The last of a second stands for all of it: bounded, however many come.
    if (last && Math.floor(last.atMs / 1_000) === Math.floor(atMs / 1_000)) of.later.pop();
    of.later.push({ publishedAt, atMs });
  }

  /** What counts by now, by queue, with its age. */
  settled(): ReadonlyMap<string, { readonly publishedAt: Date; readonly ageMs: number }> {
    const nowMs = this.#clock.monotonicMs();
    const answer = new Map<string, { publishedAt: Date; ageMs: number }>();
    for (const [queue, of] of this.#seen) {
      const settled = of.later.filter(({ atMs }) => nowMs - atMs >= NEWEST_AFTER_MS);
      of.later = of.later.slice(settled.length);
      for (const seen of settled) of.settled = seen;
      if (of.settled) answer.set(queue, { publishedAt: of.settled.publishedAt, ageMs: nowMs - of.settled.atMs });
    }
    return answer;
  }
}
