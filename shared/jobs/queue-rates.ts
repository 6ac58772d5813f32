import { BacklogRate } from '../domain/eta/backlog-rate.ts';
import type { Lane } from '../domain/job.ts';
import type { QueueShape } from '../ports/queue-figures.ts';

const keyOf = (stage: number, lane: Lane) => `${stage} ${lane}`;

/** How fast each stage and lane is worked off, from one sample to the next. */
export class QueueRates {
  readonly #rates = new Map<string, BacklogRate>();

  /** Bells are rung in order: of those that waited at the sample before, what is still there has not left. @param duringMs above 0. */
  note(before: readonly QueueShape[], now: readonly QueueShape[], duringMs: number): void {
    const waited = new Map(before.map(({ stage, lane, rung }) => [keyOf(stage, lane), rung]));
    const still = new Map(now.map(({ stage, lane, rungBefore }) => [keyOf(stage, lane), rungBefore]));
    for (const { stage, lane } of before) this.of(stage, lane);
    for (const [key, rate] of this.#rates) {
      const rung = waited.get(key) ?? 0;
      rate.note({ waited: rung, gone: rung - (still.get(key) ?? 0), duringMs });
    }
  }

  of(stage: number, lane: Lane): BacklogRate {
    const key = keyOf(stage, lane);
    const known = this.#rates.get(key) ?? new BacklogRate();
    this.#rates.set(key, known);
    return known;
  }
}
