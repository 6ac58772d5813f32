import { setTimeout as delay } from 'node:timers/promises';
import { BATCH_SIZE } from '../contenders/jobline/batch-api.ts';
import type { BenchJob, Running } from '../suite/contender.ts';
import { chunksOf, eachInFlight } from '../suite/workload.ts';

const BATCHES_IN_FLIGHT = 4;
const MOST_TRIES = 20;
const AGAIN_MS = 500;

/** The job with an idempotency key of its own: however often it is sent, it is one job. */
function withKey(job: BenchJob): BenchJob {
  return { ...job, key: `bench-${process.pid}-${job.n}` };
}

/** Submits jobs until each is accepted. What failed is counted and sent again: an error says little of what became of a job. */
export class Submitter {
  readonly errors: string[] = [];
  readonly #client: Pick<Running, 'submitBatch' | 'submitOne'>;
  readonly #batchJobs: number;

  /** @param batchJobs jobs a request */
  constructor(client: Pick<Running, 'submitBatch' | 'submitOne'>, batchJobs = BATCH_SIZE) {
    this.#client = client;
    this.#batchJobs = batchJobs;
  }

  /** In batches, four requests at a time. @throws the last error of a batch that is never accepted */
  async batch(jobs: readonly BenchJob[]): Promise<void> {
    const chunks = chunksOf(jobs.map(withKey), this.#batchJobs);
    await eachInFlight(chunks, BATCHES_IN_FLIGHT, (chunk) => this.#untilAccepted(() => this.#client.submitBatch(chunk)));
  }

  /** One after the other over each of so many connections. @returns how long each that was accepted took, ms. @throws as `batch` */
  async each(jobs: readonly BenchJob[], connections: number): Promise<readonly number[]> {
    const tookMs: number[] = [];
    const post = async (job: BenchJob) => {
      const startedMs = performance.now();
      await this.#client.submitOne(job);
      tookMs.push(performance.now() - startedMs);
    };
    await eachInFlight(jobs.map(withKey), connections, (job) => this.#untilAccepted(() => post(job)));
    return tookMs;
  }

  async #untilAccepted(submit: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await submit();
      } catch (error) {
        this.errors.push((error as Error).message);
        if (tries === MOST_TRIES) throw error;
        await delay(AGAIN_MS);
      }
    }
  }
}
