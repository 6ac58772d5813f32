import type { Clock } from '../../ports/clock.ts';

/** So many jobs of a process come back when a probe is due; the others are owed again once the breaker is closed. */
const CANDIDATES = 2;
/** They come a little later, so that the probe is due on every clock. */
const AFTER_MS = 100;
const SPREAD_MS = 400;
/** How long the others wait where nobody wakes them. */
const LONG_MS = 3_600_000;

/** Says when a job that is held back comes again: few in time for the next probe, so that ten thousand do not come for one. */
export class ProbeCandidates {
  readonly #clock: Pick<Clock, 'random'>;
  readonly #sent = new Map<string, { readonly nextMs: number; jobs: number }>();

  constructor(clock: Pick<Clock, 'random'>) {
    this.#clock = clock;
  }

  /** @param inMs until the next probe; undefined: none is due by itself. */
  waitMs(id: string, inMs: number | undefined, next: Date | undefined): number {
    if (inMs === undefined || !next) return LONG_MS;
    const nextMs = next.getTime();
    const sent = this.#sent.get(id);
    const current = sent?.nextMs === nextMs ? sent : { nextMs, jobs: 0 };
    this.#sent.set(id, current);
    current.jobs += 1;
    const soonMs = Math.max(0, inMs) + AFTER_MS + this.#clock.random() * SPREAD_MS;
    return Math.round(current.jobs <= CANDIDATES ? soonMs : Math.max(LONG_MS, inMs));
  }
}
