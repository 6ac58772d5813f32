import {
  IdempotencyMismatchError,
  JobConflictError,
  JobNotFoundError,
  OverloadedError,
  StoreUnavailableError,
} from '../../shared/domain/failures.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { SubmitRequest } from '../../shared/jobs/submit-job.ts';
import type { ClientWish, PlannedJob } from './plan.ts';
import type { Seats } from './seats.ts';
import type { Gateway } from './sim-gateway.ts';
import type { SimWorld } from './sim-world.ts';

const AGAIN_MS = 700;
const TIMEOUT_MS = 15_000;
const TRIES = 12;
/** Jobs with a callback: their ends are not told by the workers. */
const LEFT_TO_RELAY = /[369]$/;

class NoAnswerError extends Error {}

/** The user: submits, repeats what was not answered, cancels, replays; and keeps a log of what it was told. */
export class SimClient {
  /** Ids that were answered with 202, with the plan's name of the job. */
  readonly accepted = new Map<string, string>();
  /** Ids whose cancellation was confirmed, and those whose replay was. */
  readonly canceled = new Set<string>();
  readonly replayed = new Set<string>();
  readonly undone = new Set<string>();
  /** Requests under way. */
  busy = 0;
  isDone = false;
  readonly #world: SimWorld;
  readonly #seats: Seats;
  readonly #ids = new Map<string, string>();

  constructor(world: SimWorld, seats: Seats) {
    this.#world = world;
    this.#seats = seats;
  }

  /** Lets everything that the plan says be asked for in time. */
  schedule(): void {
    const { plan, timeline } = this.#world;
    for (const job of plan.jobs) {
      for (let time = 0; time <= job.repeats; time += 1)
        timeline.after(job.atMs + time * 400, undefined, () => this.#do(() => this.#submit(job)));
    }
    for (const wish of plan.wishes) timeline.after(wish.atMs, undefined, () => this.#do(() => this.#wish(wish)));
  }

  #do(work: () => Promise<void>): void {
    this.busy += 1;
    work()
      .catch((error: Error) => this.#world.report('the client is answered as documented', '', error.stack ?? error.message))
      .finally(() => {
        this.busy -= 1;
      });
  }

  async #submit(job: PlannedJob): Promise<void> {
    const request = this.#requestOf(job);
    for (let tries = 0; tries < TRIES; tries += 1) {
      try {
        const { id } = await this.#ask((gateway) => gateway.submit(request), `submit ${job.name}`);
        this.#world.trace.note('client', 'accepted', () => `${job.name} as ${id}`);
        const earlier = this.#ids.get(job.name);
        if (job.hasKey && earlier !== undefined && earlier !== id) this.#world.report('one key, one job', id, `${earlier} before`);
        this.#ids.set(job.name, id);
        this.accepted.set(id, job.name);
        return;
      } catch (error) {
        if (!isNoAnswer(error)) throw error;
        // Without a key a repeat would be another job.
        if (!job.hasKey) return;
        await this.#world.timeline.delay(AGAIN_MS);
      }
    }
  }

  async #wish({ kind, job }: ClientWish): Promise<void> {
    const id = this.#ids.get(job);
    if (id === undefined) return;
    try {
      const record = await this.#ask<JobRecord>((gateway) => askedOf(gateway, kind, id), `${kind} ${job}`);
      this.#world.trace.note('client', `${kind} confirmed`, () => `${id} ${record.state} gen ${record.gen}`);
      if (kind === 'undo') this.undone.add(id);
      else (kind === 'cancel' ? this.canceled : this.replayed).add(id);
    } catch (error) {
      if (error instanceof JobNotFoundError) this.#world.report('an accepted job is found', id, error.message);
      else if (!isNoAnswer(error) && !(error instanceof JobConflictError)) throw error;
    }
  }

  /** @throws NoAnswerError when there is no gateway, it died, or did not answer in time; whatever the gateway says. */
  async #ask<T>(request: (gateway: Gateway) => Promise<T>, what: string): Promise<T> {
    const { timeline, draws, trace } = this.#world;
    const gateways = this.#seats.gateways();
    if (gateways.length === 0) throw new NoAnswerError('no gateway');
    const gateway = draws.pick(gateways);
    trace.note('client', what);
    await timeline.delay(1);
    let giveUp: (error: Error) => void = () => undefined;
    const unanswered = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const timer = timeline.after(TIMEOUT_MS, undefined, () => giveUp(new NoAnswerError('timeout')));
    try {
      return await Promise.race([request(gateway), unanswered]);
    } finally {
      timeline.cancel(timer);
    }
  }

  #requestOf(job: PlannedJob): SubmitRequest {
    const startMs = this.#world.timeline.nowMs;
    const at = (ms: number) => new Date(startMs + ms);
    return {
      tenant: 't',
      type: job.type,
      lane: job.lane,
      payload: { input: { name: job.name }, options: {} },
      reqHash: job.name,
      ...(job.hasKey && { idemKey: `key-${job.name}` }),
      ...(job.runAfterMs !== undefined && { runAt: at(job.runAfterMs) }),
      ...(job.deadlineAfterMs !== undefined && { deadlineAt: at(job.deadlineAfterMs) }),
      ...(job.maxAttempts !== undefined && { maxAttempts: job.maxAttempts }),
      ...(LEFT_TO_RELAY.test(job.name) && { callback: { url: 'https://example.com/ended' } }),
    };
  }
}

function isNoAnswer(error: unknown): boolean {
  if (error instanceof IdempotencyMismatchError) return false;
  return error instanceof NoAnswerError || error instanceof StoreUnavailableError || error instanceof OverloadedError;
}

function askedOf(gateway: Gateway, kind: ClientWish['kind'], id: string): Promise<JobRecord> {
  if (kind === 'cancel') return gateway.cancel(id);
  return kind === 'undo' ? gateway.undo(id) : gateway.replay(id, kind === 'replay_all_over');
}
