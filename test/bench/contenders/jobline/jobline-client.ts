import type { System } from '../../../../deploy/local/system.d.mts';
import type { BenchJob, Running } from '../../suite/contender.ts';
import { CONNECTIONS } from '../../suite/scenarios.ts';
import { chunksOf, eachInFlight } from '../../suite/workload.ts';
import { HttpPoster } from '../http-poster.ts';
import type { RecordReader } from '../record-reader.ts';
import { acceptedIds, BATCH_CONTENT_TYPE, BATCH_PATH, BATCH_SIZE, batchBody } from './batch-api.ts';
import { BENCH_TYPE } from './job-types.ts';

const BATCHES_IN_FLIGHT = 4;

/** How a client submits. */
export interface JoblineClientOptions {
  readonly lane: string;
  /** Keep-alive connections. Default 64. */
  readonly connections?: number;
  /** Jobs in a request of a batch. Default 500. */
  readonly batchJobs?: number;
}

/** A client of Jobline's HTTP API; what it knows of jobs is what the answers said. */
export class JoblineClient implements Running {
  readonly #system: System;
  readonly #lane: string;
  readonly #batchJobs: number;
  readonly #poster: HttpPoster;
  readonly #reader: RecordReader;

  constructor(system: System, reader: RecordReader, { lane, connections = CONNECTIONS, batchJobs = BATCH_SIZE }: JoblineClientOptions) {
    this.#system = system;
    this.#lane = lane;
    this.#batchJobs = batchJobs;
    this.#poster = new HttpPoster(system.api, connections);
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

  isDone(): Promise<boolean> {
    return this.#reader.isDone();
  }

  readBack(): Promise<ReadonlyMap<number, string>> {
    return this.#reader.readBack();
  }

  watch(onCompleted: (n: number) => void): Promise<void> {
    return this.#reader.watch(onCompleted);
  }

  processes(): Readonly<Record<string, number>> {
    const { rabbitmq, mongodb, processes } = this.#system;
    const isOne = (service: string) => processes.filter((one) => one.service === service).length === 1;
    const services = processes.map(({ service, name, pid }): [string, number] => [isOne(service) ? service : name, pid]);
    return { rabbitmq: rabbitmq.pid ?? 0, mongodb: mongodb.pid ?? 0, ...Object.fromEntries(services) };
  }

  async stop(): Promise<void> {
    this.#poster.end();
    await this.#reader.stop();
    await this.#system.stop();
  }
}
