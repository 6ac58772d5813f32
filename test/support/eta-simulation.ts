import type { JobRecord } from '../../shared/domain/job.ts';
import { defineJobType, Pipelines } from '../../shared/domain/pipeline.ts';
import { type EtaFigures, EtaKeeper } from '../../shared/jobs/eta-keeper.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EndedJob, QueueFigures, QueueShape } from '../../shared/ports/queue-figures.ts';
import { record } from '../unit/shared/domain/job-record.ts';
import { silentLogger } from './silent-logger.ts';

/** How jobs come and how they are worked in a simulated system. Times in seconds. */
export interface EtaScenario {
  readonly name: string;
  readonly hours: number;
  /** Jobs a second at a moment. */
  rate(second: number): number;
  /** Jobs that come all at once at these moments. */
  readonly bursts?: readonly { readonly second: number; readonly jobs: number }[];
  /** Handlers at once, a stage, at a moment. */
  slots(stage: number, second: number): number;
  /** Median of the work of a stage, and sigma of its logarithm. */
  readonly work: readonly { readonly median: number; readonly sigma: number }[];
}

type Job = { -readonly [K in keyof JobRecord]: JobRecord[K] };
interface Event {
  readonly at: number;
  run(): void;
}

const SHORT = 200;
const START_MS = Date.UTC(2026, 0, 15);

/** A random source that repeats itself for a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A pipeline with first-in-first-out queues in which the real keeper predicts, and is held against what comes. */
export class EtaSimulation {
  readonly #scenario: EtaScenario;
  readonly #random: () => number;
  readonly #events: Event[] = [];
  readonly #queues: Job[][];
  readonly #running: number[];
  readonly #active = new Map<string, Job>();
  readonly #ended: Job[] = [];
  readonly #byId = new Map<string, Job>();
  readonly #keeper: EtaKeeper;
  #second = 0;
  #count = 0;

  constructor(scenario: EtaScenario, seed: number) {
    this.#scenario = scenario;
    this.#random = seeded(seed);
    this.#queues = scenario.work.map(() => []);
    this.#running = scenario.work.map(() => 0);
    const clock: Clock = {
      now: () => this.#now(),
      monotonicMs: () => this.#second * 1_000,
      sleep: async () => undefined,
      random: this.#random,
      uuid: () => String((this.#count += 1)),
    };
    const stages = scenario.work.map((_, index) => ({ name: `p${index + 1}` }));
    const pipelines = new Pipelines([defineJobType('job', stages)]);
    const store = { read: async (ids: readonly string[]) => ids.flatMap((id) => this.#byId.get(id) ?? []) };
    this.#keeper = new EtaKeeper({ figures: this.#figures(), store, pipelines, clock, logger: silentLogger() });
  }

  /** Runs it to its end. @returns the keeper's own figures. */
  async run(): Promise<EtaFigures> {
    const end = this.#scenario.hours * 3_600;
    this.#arriveLater();
    for (const { second, jobs } of this.#scenario.bursts ?? []) this.#at(second, () => Array.from({ length: jobs }, () => this.#arrive()));
    for (let poll = 1; poll < end; poll += 1) this.#at(poll, () => this.#askForSome());
    for (let next = this.#next(); next && next.at <= end; next = this.#next()) {
      this.#second = next.at;
      next.run();
      // What the keeper reads is there before time goes on.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return this.#keeper.figures;
  }

  #now(): Date {
    return new Date(START_MS + Math.round(this.#second * 1_000));
  }

  #at(at: number, run: () => void): void {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.at > at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { at, run });
  }

  #next(): Event | undefined {
    return this.#events.pop();
  }

  #arriveLater(): void {
    const rate = Math.max(this.#scenario.rate(this.#second), 1e-6);
    this.#at(this.#second + Math.min(-Math.log(1 - this.#random()) / rate, 60), () => {
      // Beyond a minute of silence the rate is looked at again.
      if (this.#random() < Math.min(this.#scenario.rate(this.#second) / rate, 1)) this.#arrive();
      this.#arriveLater();
    });
  }

  #arrive(): void {
    const job = record({ id: String((this.#count += 1)), createdAt: this.#now() }) as Job;
    this.#active.set(job.id, job);
    this.#byId.set(job.id, job);
    this.#enqueue(job);
    for (const seconds of [0.1, 1.1, 2.1, 3.1, 4.1]) this.#at(this.#second + seconds, () => this.#ask(job));
  }

  #enqueue(job: Job): void {
    job.state = 'QUEUED';
    job.pub = { at: this.#now() };
    this.#queues[job.stage]!.push(job);
    this.#work(job.stage);
  }

  #work(stage: number): void {
    const queue = this.#queues[stage]!;
    while (queue.length > 0 && this.#running[stage]! < this.#scenario.slots(stage, this.#second)) {
      const job = queue.shift()!;
      this.#running[stage]! += 1;
      job.state = 'RUNNING';
      job.startedAt = this.#now();
      const { median, sigma } = this.#scenario.work[stage]!;
      const normal = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
      const seconds = median * Math.exp(sigma * normal);
      this.#at(this.#second + this.#random() * seconds, () => this.#ask(job));
      this.#at(this.#second + seconds, () => this.#commit(job));
    }
  }

  #commit(job: Job): void {
    this.#running[job.stage]! -= 1;
    const from = job.stage;
    job.results = [...job.results, { stage: from, run: 0, epoch: 1, claim: 'c', startedAt: job.startedAt!, at: this.#now() }];
    if (from === this.#scenario.work.length - 1) this.#end(job);
    else {
      job.stage += 1;
      this.#enqueue(job);
    }
    this.#work(from);
  }

  #end(job: Job): void {
    job.state = 'COMPLETED';
    job.doneAt = this.#now();
    job.active = undefined as never;
    this.#active.delete(job.id);
    this.#ended.push(job);
  }

  #ask(job: Job): void {
    if (job.active) this.#keeper.outlookOf(job);
  }

  /** Clients that poll. */
  #askForSome(): void {
    const [first] = this.#active.values();
    if (first) this.#ask(first);
  }

  #figures(): QueueFigures {
    return {
      queues: async (before = new Date(0)) => {
        const shapes = this.#queues.map((queue, stage): QueueShape => {
          const rungBefore = queue.filter(({ pub }) => pub!.at! <= before).length;
          return { stage, lane: 'standard', count: queue.length, rung: queue.length, rungBefore, order: orderOf(queue) };
        });
        return { now: this.#now(), queues: shapes.filter(({ count }) => count > 0) };
      },
      lastEnded: async (_, limit): Promise<readonly EndedJob[]> => this.#ended.slice(-limit).reverse(),
    };
  }
}

function orderOf(queue: readonly Job[]): QueueShape['order'] {
  if (queue.length <= SHORT) return { ids: queue.map(({ id }) => id) };
  const size = Math.ceil(queue.length / 100);
  const bands = Array.from({ length: Math.ceil(queue.length / size) }, (_, band) => {
    const jobs = queue.slice(band * size, (band + 1) * size);
    const after = queue[(band + 1) * size] ?? jobs.at(-1)!;
    return { from: jobs[0]!.pub!.at!, to: after.pub!.at!, count: jobs.length };
  });
  return { bands };
}
