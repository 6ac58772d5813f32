import { setTimeout as delay } from 'node:timers/promises';
import type { Posted } from '../contenders/http-poster.ts';
import { type Answer, nowMs, type Reading, readAnswer, socketFault } from './answers.ts';
import { ReturnQueue } from './return-queue.ts';

/** Whoever has been refused so often gives up. */
const MOST_VISITS = 6;
const TICK_MS = 1;

/** What is submitted. */
export interface LoadPlan {
  readonly perSecond: number;
  readonly seconds: number;
  /** Number of the first submission. */
  readonly from: number;
  post(n: number): Promise<Posted>;
}

/** What a load has seen. */
export interface LoadSeen {
  readonly startMs: number;
  /** The end of the steady rate; afterwards only those come that were told to. */
  readonly endMs: number;
  readonly answers: readonly Answer[];
}

/**
 * Submits at a steady rate, whatever becomes of the submissions before. Whoever is refused comes back at the moment that it was
 * told: while the load goes on in place of a new submission, so that the rate stays what it is, and after its end by itself.
 */
export class OpenLoop {
  readonly #plan: LoadPlan;
  readonly #returns = new ReturnQueue();
  readonly #answers: Answer[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #next: number;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#next = plan.from;
  }

  async run(): Promise<LoadSeen> {
    const { perSecond, seconds } = this.#plan;
    const startMs = nowMs();
    const endMs = startMs + seconds * 1_000;
    for (let slot = 0, dueMs = startMs; dueMs < endMs; slot += 1, dueMs = startMs + (slot * 1_000) / perSecond) {
      while (nowMs() < dueMs) await delay(TICK_MS);
      const { n, visit } = this.#returns.takeDue(dueMs) ?? { n: this.#next++, visit: 1 };
      this.#send(n, visit, dueMs);
    }
    await this.#followReturns();
    return { startMs, endMs, answers: this.#answers };
  }

  async #followReturns(): Promise<void> {
    while (this.#returns.size > 0 || this.#underWay.size > 0) {
      for (let due = this.#returns.takeDue(nowMs()); due; due = this.#returns.takeDue(nowMs())) this.#send(due.n, due.visit, due.atMs);
      await delay(TICK_MS);
    }
  }

  #send(n: number, visit: number, dueMs: number): void {
    const work = this.#ask(n, visit, dueMs).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  async #ask(n: number, visit: number, dueMs: number): Promise<void> {
    const lateMs = nowMs() - dueMs;
    const reading: Reading = await this.#plan.post(n).then(readAnswer, socketFault);
    const answeredMs = nowMs();
    this.#answers.push({ n, visit, dueMs, tookMs: answeredMs - dueMs, lateMs, reading });
    if (reading.kind !== 'refused' || visit >= MOST_VISITS) return;
    this.#returns.add({ n, visit: visit + 1, atMs: answeredMs + reading.retryAfterS * 1_000 });
  }
}
