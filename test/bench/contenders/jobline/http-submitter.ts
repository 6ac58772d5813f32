import type { BenchJob } from '../../suite/contender.ts';
import { CONNECTIONS } from '../../suite/scenarios.ts';
import { chunksOf, eachInFlight } from '../../suite/workload.ts';
import { HttpPoster } from '../http-poster.ts';
import type { RecordReader } from '../record-reader.ts';
import { acceptedIds, BATCH_CONTENT_TYPE, BATCH_PATH, BATCH_SIZE, batchBody } from './batch-api.ts';
import { BENCH_TYPE } from './job-types.ts';
import type { Submitter } from './running-system.ts';

const BATCHES_IN_FLIGHT = 4;

/** How a client submits. */
export interface HttpSubmitterOptions {
  readonly lane: string;
  /** Keep-alive connections. Default 64. */
  readonly connections?: number;
  /** Jobs in a request of a batch. Default 500. */
  readonly batchJobs?: number;
}

/** Submits by plain requests over keep-alive connections. */
export class HttpSubmitter implements Submitter {
  readonly #lane: string;
  readonly #batchJobs: number;
  readonly #poster: HttpPoster;
  readonly #reader: RecordReader;

  constructor(api: string, reader: RecordReader, { lane, connections = CONNECTIONS, batchJobs = BATCH_SIZE }: HttpSubmitterOptions) {
    this.#lane = lane;
    this.#batchJobs = batchJobs;
    this.#poster = new HttpPoster(api, connections);
    this.#reader = reader;
  }

  async submitBatch(jobs: readonly BenchJob[]): Promise<void> {
    await eachInFlight(chunksOf(jobs, this.#batchJobs), BATCHES_IN_FLIGHT, async (chunk) => {
      const { status, text } = await this.#poster.post(BATCH_PATH, BATCH_CONTENT_TYPE, batchBody(chunk, this.#lane));
      const ids = acceptedIds(status, text);
      if (ids.length !== chunk.length) throw new Error(`${chunk.length} jobs were sent, ${ids.length} answered.`);
      this.#reader.learn(ids, chunk);
    });
  }

  async submitOne(job: BenchJob): Promise<void> {
    const body = JSON.stringify({ type: BENCH_TYPE, lane: this.#lane, input: job.payload });
    const { status, text } = await this.#poster.post('/v1/jobs', 'application/json', body, job.key);
    if (status !== 202) throw new Error(`POST /v1/jobs answered ${status}: ${text}`);
    this.#reader.learn([(JSON.parse(text) as { job_id: string }).job_id], [job]);
  }

  end(): void {
    this.#poster.end();
  }
}
