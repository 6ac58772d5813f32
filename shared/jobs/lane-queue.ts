import type { Lane } from '../domain/job.ts';

/** Shares of the lanes when all of them wait: express before standard before bulk, none starves. */
export const LANE_WEIGHTS: Readonly<Record<Lane, number>> = { express: 6, standard: 3, bulk: 1 };

/** First in, first out per lane; smooth weighted round robin between the lanes that have something. */
export class LaneQueue<T> {
  readonly #lanes: Record<Lane, T[]> = { express: [], standard: [], bulk: [] };
  readonly #credit: Record<Lane, number> = { express: 0, standard: 0, bulk: 0 };

  get size(): number {
    return this.#lanes.express.length + this.#lanes.standard.length + this.#lanes.bulk.length;
  }

  push(lane: Lane, item: T): void {
    this.#lanes[lane].push(item);
  }

  shift(): T | undefined {
    const waiting = (Object.keys(this.#lanes) as Lane[]).filter((lane) => this.#lanes[lane].length > 0);
    if (waiting.length === 0) return undefined;
    for (const lane of waiting) this.#credit[lane] += LANE_WEIGHTS[lane];
    const next = waiting.reduce((best, lane) => (this.#credit[lane] > this.#credit[best] ? lane : best));
    this.#credit[next] -= waiting.reduce((sum, lane) => sum + LANE_WEIGHTS[lane], 0);
    return this.#lanes[next].shift();
  }

  /** Takes out what matches, in order. */
  remove(matches: (item: T) => boolean): T[] {
    const removed: T[] = [];
    for (const lane of Object.keys(this.#lanes) as Lane[]) {
      const kept: T[] = [];
      for (const item of this.#lanes[lane]) (matches(item) ? removed : kept).push(item);
      this.#lanes[lane] = kept;
    }
    return removed;
  }
}
