import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, Lane } from './faults/fault.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { TierBWorld } from './tier-b-world.ts';

const PERIOD_S = 120;
const LOOK_MS = 50;
/** What a fault was meant for may have just gone by another one: it is done a moment later. */
const TRIES = 3;
const AGAIN_MS = 2_000;

interface Planned {
  readonly fault: Fault;
  /** Share of the run after which it is due, 0..1. */
  readonly at: number;
}

export interface ScheduleOptions {
  readonly random: SeededRandom;
  readonly seconds: number;
  readonly say: (line: string) => void;
  /** Before a fault is tried again. Default 2,000. */
  readonly againMs?: number;
}

/** Does faults at the moments that a seed gives, each lane one after another, and counts what was really done. */
export class FaultSchedule {
  readonly #world: TierBWorld;
  readonly #faults: readonly Fault[];
  readonly #random: SeededRandom;
  readonly #seconds: number;
  readonly #say: (line: string) => void;
  readonly #againMs: number;
  readonly #done = new Map<string, number>();
  readonly #tried = new Map<string, number>();
  readonly failures: string[] = [];

  constructor(world: TierBWorld, faults: readonly Fault[], how: ScheduleOptions) {
    this.#world = world;
    this.#faults = faults;
    this.#random = how.random;
    this.#seconds = how.seconds;
    this.#say = how.say;
    this.#againMs = how.againMs ?? AGAIN_MS;
  }

  /** How many of each were planned and done. */
  get counts(): readonly (readonly [string, number, number])[] {
    return this.#faults.map((fault) => [fault.name, this.#countOf(fault), this.#done.get(fault.name) ?? 0]);
  }

  /** Whether a fault will not come again, done or not. */
  isOver(name: string): boolean {
    return this.#faults.every((fault) => fault.name !== name || (this.#tried.get(name) ?? 0) >= this.#countOf(fault));
  }

  /**
   * Does all that is planned, at its time, but not before the load has come as far: on a slow machine it takes longer, and
   * there is work to hit until the end. @param progress share of the jobs that are accepted, 0..1.
   */
  async run(progress: () => number): Promise<void> {
    const startedAtMs = performance.now();
    const lanes = new Map<Lane, Planned[]>();
    for (const fault of this.#faults) {
      const lane = lanes.get(fault.lane) ?? [];
      lanes.set(fault.lane, lane);
      const [from, to] = fault.window ?? [0, 1];
      for (let n = 0; n < this.#countOf(fault); n += 1) lane.push({ fault, at: from + (to - from) * this.#random.next() });
    }
    const isDue = (at: number): boolean => performance.now() - startedAtMs >= at * this.#seconds * 1_000 && progress() >= at;
    await Promise.all([...lanes.values()].map((lane) => this.#runLane(lane, isDue)));
  }

  #countOf({ count }: Fault): number {
    return Math.max(Math.round((count * this.#seconds) / PERIOD_S), 1);
  }

  async #runLane(lane: readonly Planned[], isDue: (at: number) => boolean): Promise<void> {
    for (const { fault, at } of lane.toSorted((a, b) => a.at - b.at)) {
      while (!isDue(at)) await delay(LOOK_MS);
      await this.#do(fault);
    }
  }

  async #do(fault: Fault): Promise<void> {
    for (let left = TRIES - 1; !(await this.#isDone(fault)) && left > 0; left -= 1) await delay(this.#againMs);
    this.#tried.set(fault.name, (this.#tried.get(fault.name) ?? 0) + 1);
  }

  async #isDone(fault: Fault): Promise<boolean> {
    try {
      const what = await fault.run(this.#world, this.#random);
      this.#done.set(fault.name, (this.#done.get(fault.name) ?? 0) + 1);
      this.#say(`${fault.name}: ${what}`);
      return true;
    } catch (error) {
      this.failures.push(`${fault.name}: ${(error as Error).message}`);
      this.#say(`COULD NOT BE DONE: ${fault.name}: ${(error as Error).message}`);
      return false;
    }
  }
}
