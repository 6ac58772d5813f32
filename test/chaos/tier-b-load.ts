import { setTimeout as delay } from 'node:timers/promises';
import { MongoServerError } from 'mongodb';
import { v7 as uuidv7 } from 'uuid';
import { newJobDocument, payloadText } from '../../shared/mongo/job-document.ts';
import type { NewJob } from '../../shared/ports/job-store.ts';
import { ClientLog } from './client-log.ts';
import type { PlannedJob } from './tier-b-jobs.ts';
import type { TierBWorld } from './tier-b-world.ts';

const SUBMITTERS = 12;
/** What two cores bear; more would only wait. */
const MOST_OPEN = 250;
const AGAIN_MS = 150;
/** The gateway is killed, and both servers go, again and again. */
const PATIENCE_MS = 600_000;
const DUPLICATE_KEY = 11_000;
const CANCEL_WITHIN_MS = 1_500;

/** Clients: submit the planned jobs while not too many are open, cancel and replay those that are planned so. */
export class TierBLoad {
  /** Id → plan of every job that was answered 202, or whose direct insert was confirmed. */
  readonly accepted = new Map<string, PlannedJob>();
  readonly #world: TierBWorld;
  readonly #client: ClientLog;
  readonly #todo: PlannedJob[];
  readonly #later: Promise<void>[] = [];
  #open = 0;
  #isDone = false;
  #isOver = false;
  canceled = 0;
  replayed = 0;

  constructor(world: TierBWorld, jobs: readonly PlannedJob[]) {
    this.#world = world;
    this.#client = new ClientLog(world.system, PATIENCE_MS);
    this.#todo = [...jobs];
  }

  /** Jobs that have not ended, as seen last. */
  get open(): number {
    return this.#open;
  }

  /** Whether all are submitted; those to be replayed may not have come to their ends. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Resolves when all are accepted, and all cancels and replays are answered. */
  async run(): Promise<void> {
    const watching = this.#watchOpen();
    await Promise.all(Array.from({ length: SUBMITTERS }, () => this.#submitAll()));
    this.#isDone = true;
    await Promise.all(this.#later);
    this.#isOver = true;
    await watching;
  }

  async #watchOpen(): Promise<void> {
    while (!this.#isOver) {
      this.#open = await this.#world.jobs.countDocuments({ active: true }).catch(() => this.#open);
      await delay(AGAIN_MS);
    }
  }

  async #submitAll(): Promise<void> {
    for (let job = this.#todo.shift(); job; job = this.#todo.shift()) {
      while (this.#open >= MOST_OPEN) await delay(AGAIN_MS);
      this.#open += 1;
      const id = job.purpose === 'unpublished' ? await this.#insert(job) : await this.#submit(job);
      this.accepted.set(id, job);
      if (job.purpose === 'canceled') this.#later.push(this.#cancel(id));
      if (job.purpose === 'replayed') this.#later.push(this.#replay(id));
    }
  }

  #submit({ index, type, lane, input }: PlannedJob): Promise<string> {
    return this.#client.submit(`job-${index}`, { type, lane, input });
  }

  /** As a gateway that dies between insert and publish leaves it: nobody has rung. */
  async #insert({ type, lane, input }: PlannedJob): Promise<string> {
    const payload = { input, options: {} };
    const plan: NewJob = { id: uuidv7(), tenant: 'default', reqHash: 'none', type, pipelineVersion: 1, lane, payload, token: uuidv7() };
    for (;;) {
      try {
        await this.#world.jobs.insertOne(newJobDocument(plan, new Date(), payloadText(payload)), { writeConcern: { w: 'majority' } });
        return plan.id;
      } catch (error) {
        // The one before had been stored after all.
        if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return plan.id;
        await delay(AGAIN_MS);
      }
    }
  }

  async #cancel(id: string): Promise<void> {
    await delay(Math.random() * CANCEL_WITHIN_MS);
    const status = await this.#post(`/v1/jobs/${id}/cancel`, [202, 409]);
    if (status === 202) this.canceled += 1;
  }

  /** Its handler fails for good in its first run. */
  async #replay(id: string): Promise<void> {
    for (;;) {
      const found = await this.#world.jobs.findOne({ _id: id }).catch(() => null);
      if (found?.state === 'COMPLETED') return;
      if (found?.state === 'FAILED') {
        const status = await this.#post(`/v1/jobs/${id}/retry`, [202, 409]);
        if (status === 202) this.replayed += 1;
      }
      await delay(AGAIN_MS);
    }
  }

  async #post(path: string, wanted: readonly number[]): Promise<number> {
    for (;;) {
      const answer = await this.#world.system.request('POST', path).catch(() => undefined);
      if (answer && wanted.includes(answer.status)) return answer.status;
      if (answer && answer.status !== 503) throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      await delay(AGAIN_MS);
    }
  }
}
