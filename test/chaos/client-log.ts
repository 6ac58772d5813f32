import { setTimeout as delay } from 'node:timers/promises';
import type { TestSystem } from '../support/test-system.ts';

const AGAIN_MS = 100;

/** A client that keeps asking until its job is accepted, under one idempotency key a job, and keeps its own list of what was. */
export class ClientLog {
  readonly #system: TestSystem;
  readonly #patienceMs: number;
  readonly #accepted = new Map<string, string>();

  /** @param patienceMs how long one submission is repeated. */
  constructor(system: TestSystem, patienceMs = 60_000) {
    this.#system = system;
    this.#patienceMs = patienceMs;
  }

  /** Ids of accepted jobs by idempotency key. */
  get accepted(): ReadonlyMap<string, string> {
    return this.#accepted;
  }

  /** @returns the job's id. @throws Error when an answer is neither 202 nor 503, or none comes in time. */
  async submit(key: string, body: object): Promise<string> {
    const untilMs = performance.now() + this.#patienceMs;
    for (;;) {
      const answer = await this.#system.request('POST', '/v1/jobs', body, { 'idempotency-key': key }).catch(() => undefined);
      if (answer?.status === 202) {
        const id = answer.body['job_id'] as string;
        this.#accepted.set(key, id);
        return id;
      }
      if (answer && answer.status !== 503) throw new Error(`POST /v1/jobs answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      if (performance.now() > untilMs) throw new Error(`${key} was not accepted within ${this.#patienceMs / 1_000} s`);
      await delay(AGAIN_MS);
    }
  }
}
