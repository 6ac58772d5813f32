import { setTimeout as delay } from 'node:timers/promises';
import type { JobDocument } from '../../shared/mongo/job-document.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { TierBLoad } from './tier-b-load.ts';
import { STAGE_NAMES, type TierBWorld } from './tier-b-world.ts';

const AGAIN_MS = 100;
const DUPLICATED = 0.05;
const MALFORMED = 0.002;
const MOVED = 5;
/** Share of the jobs after which the moves are done. */
const MOVED_AT = 0.6;

/** Somebody who knows the broker's user interface: rings bells a second time, out of turn, or wrongly, and moves dead letters. */
export class HandMadeBells {
  /** Bodies that nobody can read, and that are in a queue for certain. */
  readonly unreadable: string[] = [];
  /** The same, where the broker did not say what became of them. */
  readonly maybeUnreadable: string[] = [];
  duplicated = 0;
  moved = 0;
  readonly #world: TierBWorld;
  readonly #load: TierBLoad;
  readonly #random: SeededRandom;
  readonly #wanted: { readonly duplicated: number; readonly malformed: number };

  constructor(world: TierBWorld, load: TierBLoad, random: SeededRandom, jobs: number) {
    this.#world = world;
    this.#load = load;
    this.#random = random;
    this.#wanted = { duplicated: Math.ceil(jobs * DUPLICATED), malformed: Math.ceil(jobs * MALFORMED) };
  }

  /** How many of each were wanted and done. */
  get counts(): readonly (readonly [string, number, number])[] {
    return [
      ['bells duplicated', this.#wanted.duplicated, this.duplicated],
      ['malformed messages', this.#wanted.malformed, this.unreadable.length],
      ['dead letters moved by hand', MOVED, this.moved],
    ];
  }

  /**
   * Goes on until everything is done, as the jobs come. The broker may be away at any time. @param mayMisspell whether no
   * queue will be purged any more.
   */
  async run(total: number, mayMisspell: () => boolean): Promise<void> {
    while (this.counts.some(([, wanted, done]) => done < wanted)) {
      const share = this.#load.isDone ? 1 : this.#load.accepted.size / total;
      if (this.duplicated < this.#wanted.duplicated * share) await this.#duplicate();
      // A message that is purged, or taken out while the broker goes away, is gone, and one that nobody can read nobody owes again.
      if (this.moved < MOVED) {
        if (this.moved < (MOVED * share) / MOVED_AT) await this.#move();
      } else if (mayMisspell() && this.unreadable.length < this.#wanted.malformed * share) await this.#misspell();
      await delay(AGAIN_MS);
    }
  }

  async #duplicate(): Promise<void> {
    const ids = [...this.#load.accepted.keys()].slice(-300);
    const jobs = await this.#world.jobs
      .find({ _id: { $in: ids }, active: true })
      .toArray()
      .catch((): JobDocument[] => []);
    if (jobs.length === 0) return;
    const { _id: id, stage, gen, lane } = this.#random.pick(jobs);
    // Mostly the bell as it was rung; now and then one of an earlier or a later generation.
    const rung = Math.max(gen + this.#random.pick([0, 0, 0, 0, -1, 1]), 1);
    const body = JSON.stringify({ v: 1, stage, jobs: [{ id, gen: rung }] });
    if (await this.#publish(`jobline.${STAGE_NAMES[stage]}.${lane}`, body)) this.duplicated += 1;
  }

  async #misspell(): Promise<void> {
    const body = `ring ring ${this.unreadable.length + this.maybeUnreadable.length}`;
    const isThere = await this.#publish(`jobline.${this.#random.pick(STAGE_NAMES)}.standard`, body);
    (isThere ? this.unreadable : this.maybeUnreadable).push(body);
  }

  /** Takes a letter out of a dead-letter queue and puts it into its stage's queue: a request for a replay. */
  async #move(): Promise<void> {
    const { management: api } = this.#world;
    const stage = this.#random.pick(STAGE_NAMES);
    const taking = { count: 1, ackmode: 'ack_requeue_false', encoding: 'auto' };
    const [letter] = await api.post<{ payload: string }[]>(api.inVhost('queues', `jobline.${stage}.dlq`, 'get'), taking).catch(() => []);
    if (!letter) return;
    const isBell = letter.payload.startsWith('{') && !this.#killsWorkers(letter.payload);
    const queue = isBell ? `jobline.${stage}.standard` : `jobline.${stage}.dlq`;
    while (!(await this.#publish(queue, letter.payload))) await delay(AGAIN_MS);
    if (isBell) this.moved += 1;
  }

  /** A replay of such a job would go on with faults when they are over. */
  #killsWorkers(payload: string): boolean {
    const { jobs } = JSON.parse(payload) as { jobs: readonly { id: string }[] };
    return this.#load.accepted.get(jobs[0]!.id)?.purpose === 'kills-worker';
  }

  /** @returns whether it is in the queue for certain. */
  async #publish(queue: string, payload: string): Promise<boolean> {
    const { management: api } = this.#world;
    const message = { routing_key: queue, payload, payload_encoding: 'string', properties: { delivery_mode: 2 } };
    try {
      return (await api.post<{ routed: boolean }>(api.inVhost('exchanges', 'amq.default', 'publish'), message)).routed;
    } catch {
      return false;
    }
  }
}
