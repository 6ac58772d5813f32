import { setTimeout as delay } from 'node:timers/promises';
import { ClientLog } from '../chaos/client-log.ts';
import type { ClusterWorld } from './cluster-world.ts';

const SUBMITTERS = 3;
const PACE_MS = 150;
const WATCH_MS = 100;
/** One in ten needs a thread, one in twenty a process. */
const TYPES = Array.from({ length: 20 }, (_, index) =>
  index === 7 ? 'chaos-process' : index % 10 === 3 ? 'chaos-thread' : index % 4 === 2 ? 'chaos-fused' : 'chaos-inline',
);

/** Clients that submit jobs steadily and ask again until each is accepted, and the longest time in which no job ended. */
export class ClusterLoad {
  readonly #world: ClusterWorld;
  readonly #client: ClientLog;
  readonly #name: string;
  readonly #running: Promise<unknown>;
  #isEnding = false;
  #next = 0;
  #longestPauseMs = 0;

  constructor(world: ClusterWorld, name: string) {
    this.#world = world;
    this.#name = name;
    this.#client = new ClientLog(world.system);
    this.#running = Promise.all([...Array.from({ length: SUBMITTERS }, () => this.#submit()), this.#watch()]);
    // Told by `end`.
    this.#running.catch(() => undefined);
  }

  get accepted(): readonly string[] {
    return [...this.#client.accepted.values()];
  }

  get longestPauseMs(): number {
    return this.#longestPauseMs;
  }

  /** Never resolves. @throws Error when a job is refused. */
  async untilRefused(): Promise<never> {
    await this.#running;
    return new Promise(() => undefined);
  }

  /** Stops submitting; resolves when all that was begun is accepted. @throws Error when one was refused. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#running;
  }

  async #submit(): Promise<void> {
    while (!this.#isEnding) {
      const number = this.#next++;
      const input = { case: this.#name, sink: this.#world.sink.url, waitMs: number % 5 === 0 ? 300 : 0 };
      await this.#client.submit(`${this.#name.replaceAll(/[^a-z0-9]+/g, '-')}-${number}`, { type: TYPES[number % TYPES.length], input });
      await delay(PACE_MS);
    }
  }

  async #watch(): Promise<void> {
    let last = { count: 0, atMs: performance.now() };
    while (!this.#isEnding) {
      const count = await this.#world.completed().catch(() => last.count);
      const atMs = performance.now();
      this.#longestPauseMs = Math.max(this.#longestPauseMs, atMs - last.atMs);
      if (count > last.count) last = { count, atMs };
      await delay(WATCH_MS);
    }
  }
}
