import { LANES, type Lane, type LaneWeights } from '../domain/job.ts';

/** Shares of the lanes when all of them wait: express before standard before bulk, none starves. */
export const LANE_WEIGHTS: LaneWeights = { express: 6, standard: 3, bulk: 1, overflow: 1 };

function forLanes<V>(value: () => V): Record<Lane, V> {
  return Object.fromEntries(LANES.map((lane) => [lane, value()])) as Record<Lane, V>;
}

/** First in, first out per lane; smooth weighted round robin between the lanes that have something. */
export class LaneQueue<T> {
  readonly #lanes: Record<Lane, T[]> = forLanes<T[]>(() => []);
  readonly #credit: Record<Lane, number> = forLanes(() => 0);

  readonly #weights: () => LaneWeights;

  /** @param weights asked for at each turn. */
  constructor(weights: () => LaneWeights = () => LANE_WEIGHTS) {
    this.#weights = weights;
  }

  get size(): number {
    return LANES.reduce((sum, lane) => sum + this.#lanes[lane].length, 0);
  }

  push(lane: Lane, item: T): void {
    this.#lanes[lane].push(item);
  }

  shift(): T | undefined {
    const waiting = LANES.filter((lane) => this.#lanes[lane].length > 0);
    if (waiting.length === 0) return undefined;
    const weights = this.#weights();
    for (const lane of waiting) this.#credit[lane] += weights[lane];
    const next = waiting.reduce((best, lane) => (this.#credit[lane] > this.#credit[best] ? lane : best));
    this.#credit[next] -= waiting.reduce((sum, lane) => sum + weights[lane], 0);
    return this.#lanes[next].shift();
  }

  /** Takes out what matches, in order. */
  remove(matches: (item: T) => boolean): T[] {
    const removed: T[] = [];
    for (const lane of LANES) {
      const kept: T[] = [];
      for (const item of this.#lanes[lane]) (matches(item) ? removed : kept).push(item);
      this.#lanes[lane] = kept;
    }
    return removed;
  }
}
