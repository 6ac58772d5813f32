import type { Drained } from '../domain/drain-rate.ts';
import type { Lane } from '../domain/job.ts';

/** What was counted of one stage and lane. */
interface Counted {
  readonly stage: number;
  readonly lane: Lane;
  /** Those whose bell was rung by now. */
  readonly rung: number;
  /** Those whose bell was rung by the sample before. */
  readonly rungBefore: number;
}

const keyOf = (stage: number, lane: Lane) => `${stage} ${lane}`;

/** How fast each stage and lane is worked off, from one sample to the next. */
export class QueueRates<R extends { note(drained: Drained): void }> {
  readonly #rates = new Map<string, R>();
  readonly #newRate: () => R;

  constructor(newRate: () => R) {
    this.#newRate = newRate;
  }

  /** Bells are rung in order: of those that waited at the sample before, what is still there has not left. @param duringMs above 0. */
  note(before: readonly Counted[], now: readonly Counted[], duringMs: number): void {
    const waited = new Map(before.map(({ stage, lane, rung }) => [keyOf(stage, lane), rung]));
    const still = new Map(now.map(({ stage, lane, rungBefore }) => [keyOf(stage, lane), rungBefore]));
    for (const { stage, lane } of before) this.of(stage, lane);
    for (const [key, rate] of this.#rates) {
      const rung = waited.get(key) ?? 0;
      rate.note({ waited: rung, gone: rung - (still.get(key) ?? 0), duringMs });
    }
  }

  of(stage: number, lane: Lane): R {
    const key = keyOf(stage, lane);
    const known = this.#rates.get(key) ?? this.#newRate();
    this.#rates.set(key, known);
    return known;
  }
}
