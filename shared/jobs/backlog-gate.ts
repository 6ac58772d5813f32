import { DrainRate } from '../domain/drain-rate.ts';
import { OverloadedError } from '../domain/failures.ts';
import { ReturnTimes } from '../domain/return-times.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import { restAfter } from './rest-after.ts';

/** Between two counts; none is ever on a request's path. */
const COUNT_EVERY_MS = 2_000;
/** A drain rate older than this counts for little: when workers come or go, promises must follow. */
const RATE_MEMORY_MS = 15_000;
const LONGEST_RETRY_AFTER_MS = 300_000;
/** Where nothing is worked off. */
const STANDSTILL_RETRY_AFTER_S = 30;
/** While nobody knows how fast jobs are worked off: a burst after a quiet time. By then it is known. */
const UNKNOWN_RETRY_AFTER_S = 5;
/** Such a burst is counted sooner. */
const COUNT_SOON_MS = 500;
/** With so much of the bound free, all who were sent away may come. */
const ROOM_FOR_ALL = 0.1;

/** How many of several jobs may come in; `refusal` is why the others may not. */
export interface Admission {
  readonly admitted: number;
  readonly refusal?: OverloadedError;
}

/** What the gate reckons with and has done, in jobs. */
export interface GateFigures {
  /** Counted, and accepted since, less what was worked off since at the rate seen. */
  readonly waiting: number;
  readonly maxWaiting: number;
  readonly admitted: number;
  readonly refused: number;
  /** How long whoever is refused next will be sent away, at least; 0 while nobody is. */
  readonly returnMs: number;
}

/**
 * Refuses submissions once too many jobs wait. Each refusal says when to come back (docs/decisions.md, Retry-After): moments
 * as far apart as room is made, so that those who come when they were told to find it.
 */
export class BacklogGate {
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #maxWaiting: number;
  readonly #rate = new DrainRate(RATE_MEMORY_MS);
  readonly #returns = new ReturnTimes(LONGEST_RETRY_AFTER_MS);
  readonly #stopped = new AbortController();
  #waiting = 0;
  #accepted = 0;
  #countedAtMs = Number.NEGATIVE_INFINITY;
  #restMs = COUNT_EVERY_MS;
  #counting: Promise<void> | undefined;
  #counted: Promise<void> | undefined;
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
    return { waiting: this.#expected, maxWaiting, admitted, refused, returnMs: this.#returns.aheadMs(this.#clock.monotonicMs()) };
  }

  /** Counts `jobs` in. @throws OverloadedError when they would not fit. */
  admit(jobs: number): void {
    const room = this.#look();
    if (jobs > room) throw this.#refusal(jobs, room);
    this.#count(jobs);
  }

  /** Counts in as many of `jobs` as fit, and says why the others do not. */
  admitSome(jobs: number): Admission {
    const room = this.#look();
    const admitted = Math.min(jobs, room);
    this.#count(admitted);
    return admitted === jobs ? { admitted } : { admitted, refusal: this.#refusal(jobs - admitted, room - admitted) };
  }

  /** Ends the counting. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#counting, this.#counted]);
  }

  /** How many more may come. */
  #look(): number {
    if (!this.#stopped.signal.aborted) this.#counting ??= this.#countOn().finally(() => (this.#counting = undefined));
    return Math.max(this.#maxWaiting - this.#expected, 0);
  }

  get #expected(): number {
    const sinceMs = Math.min(this.#clock.monotonicMs() - this.#countedAtMs, 2 * this.#restMs);
    const eachMs = this.#rate.durationMs(1);
    const gone = eachMs === undefined ? 0 : Math.min(Math.floor(sinceMs / eachMs), this.#waiting);
    return this.#waiting + this.#accepted - gone;
  }

  #count(jobs: number): void {
    this.#accepted += jobs;
    this.#admitted += jobs;
  }

  #refusal(jobs: number, room: number): OverloadedError {
    this.#refused += jobs;
    return new OverloadedError(`${this.#expected} jobs are waiting; the limit is ${this.#maxWaiting}.`, this.#retryAfterS(jobs - room));
  }

  /** @param jobs that there must be room for. */
  #retryAfterS(jobs: number): number {
    const nowMs = this.#clock.monotonicMs();
    const roomMs = this.#rate.durationMs(jobs);
    if (roomMs === undefined) {
      if (nowMs - this.#countedAtMs >= COUNT_SOON_MS) void this.#countAgain();
      return UNKNOWN_RETRY_AFTER_S;
    }
    if (roomMs === Number.POSITIVE_INFINITY) return STANDSTILL_RETRY_AFTER_S;
    return Math.max(Math.ceil(this.#returns.next(nowMs, roomMs) / 1_000), 1);
  }

  /** Counts on until nothing waits any more: who comes back after a pause meets figures that are not older than others. */
  async #countOn(): Promise<void> {
    const { signal } = this.#stopped;
    do {
      await this.#countAgain();
      await this.#clock.sleep(this.#restMs, signal);
    } while (!signal.aborted && (this.#waiting > 0 || this.#accepted > 0));
  }

  #countAgain(): Promise<void> {
    this.#counted ??= this.#countNow().finally(() => (this.#counted = undefined));
    return this.#counted;
  }

  async #countNow(): Promise<void> {
    const [startedAtMs, acceptedAtStart] = [this.#clock.monotonicMs(), this.#accepted];
    try {
      const waiting = await this.#store.countQueued();
      const waited = this.#waiting + acceptedAtStart;
      const duringMs = startedAtMs - this.#countedAtMs;
      if (Number.isFinite(duringMs) && duringMs > 0) this.#rate.note({ waited, gone: waited - waiting, duringMs });
      this.#waiting = waiting;
      this.#accepted -= acceptedAtStart;
      this.#countedAtMs = startedAtMs;
      this.#restMs = restAfter(this.#clock.monotonicMs() - startedAtMs, COUNT_EVERY_MS);
      if (this.#expected < this.#maxWaiting * (1 - ROOM_FOR_ALL)) this.#returns.forget();
    } catch {
      // The store is away: submissions fail by themselves, and it is counted again.
    }
  }
}
