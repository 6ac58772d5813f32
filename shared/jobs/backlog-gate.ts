import { OverloadedError } from '../domain/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';

/** The count is refreshed at most this often, never on a request's path. */
const REFRESH_MS = 2_000;
const LONGEST_RETRY_AFTER_S = 300;

/** How many of several jobs may come in; `refusal` is why the others may not. */
export interface Admission {
  readonly admitted: number;
  readonly refusal?: OverloadedError;
}

/** What the gate reckons with and has done, in jobs. */
export interface GateFigures {
  /** Counted, and accepted since; counted only while submissions come. */
  readonly waiting: number;
  readonly maxWaiting: number;
  readonly admitted: number;
  readonly refused: number;
}

/** Refuses submissions once too many jobs wait; the answer says when room is expected, from the drain rate seen. */
export class BacklogGate {
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #maxWaiting: number;
  #waiting = 0;
  #accepted = 0;
  #drainPerSecond = 0;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;
  #refreshing = false;
  #admitted = 0;
  #refused = 0;

  /** @param maxWaiting jobs QUEUED over all stages and lanes, from 1. */
  constructor(store: JobStore, clock: Clock, maxWaiting: number) {
    this.#store = store;
    this.#clock = clock;
    this.#maxWaiting = maxWaiting;
  }

  get figures(): GateFigures {
    const [maxWaiting, admitted, refused] = [this.#maxWaiting, this.#admitted, this.#refused];
    return { waiting: this.#waiting + this.#accepted, maxWaiting, admitted, refused };
  }

  /** Counts `jobs` in. @throws OverloadedError when they would not fit. */
  admit(jobs: number): void {
    const { expected, room } = this.#look();
    if (jobs > room) throw this.#refusal(expected, jobs);
    this.#count(jobs);
  }

  /** Counts in as many of `jobs` as fit, and says why the others do not. */
  admitSome(jobs: number): Admission {
    const { expected, room } = this.#look();
    const admitted = Math.min(jobs, room);
    this.#count(admitted);
    return admitted === jobs ? { admitted } : { admitted, refusal: this.#refusal(expected + admitted, jobs - admitted) };
  }

  /** What waits by the last count and what came in since, and how many more may. Has it counted again where that is old. */
  #look(): { readonly expected: number; readonly room: number } {
    if (this.#clock.monotonicMs() - this.#refreshedAtMs > REFRESH_MS && !this.#refreshing) void this.#refresh();
    const expected = this.#waiting + this.#accepted;
    return { expected, room: Math.max(this.#maxWaiting - expected, 0) };
  }

  #count(jobs: number): void {
    this.#accepted += jobs;
    this.#admitted += jobs;
  }

  #refusal(expected: number, jobs: number): OverloadedError {
    this.#refused += jobs;
    return new OverloadedError(`${expected} jobs are waiting; the limit is ${this.#maxWaiting}.`, this.#retryAfter(expected + jobs));
  }

  #retryAfter(expected: number): number {
    const excess = expected - this.#maxWaiting;
    const seconds = this.#drainPerSecond > 0 ? excess / this.#drainPerSecond : LONGEST_RETRY_AFTER_S / 10;
    return Math.min(Math.max(Math.ceil(seconds), 1), LONGEST_RETRY_AFTER_S);
  }

  async #refresh(): Promise<void> {
    this.#refreshing = true;
    const acceptedAtStart = this.#accepted;
    try {
      const waiting = await this.#store.countQueued();
      const nowMs = this.#clock.monotonicMs();
      const seconds = (nowMs - this.#refreshedAtMs) / 1_000;
      this.#drainPerSecond = Number.isFinite(seconds) ? Math.max((this.#waiting + acceptedAtStart - waiting) / seconds, 0) : 0;
      this.#waiting = waiting;
      this.#accepted -= acceptedAtStart;
      this.#refreshedAtMs = nowMs;
    } catch {
      // The store is away: submissions fail by themselves, and the next one refreshes again.
    } finally {
      this.#refreshing = false;
    }
  }
}
