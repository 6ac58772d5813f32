import type { System } from '../../../../deploy/local/system.d.mts';
import type { BenchJob, Running } from '../../suite/contender.ts';
import type { RecordReader } from '../record-reader.ts';

/** A way in which jobs come in; what it knows of jobs is what the answers said. */
export interface Submitter extends Pick<Running, 'submitBatch' | 'submitOne'> {
  end(): void;
}

/** The released services at work. */
export class RunningSystem implements Running {
  readonly #system: System;
  readonly #submitter: Submitter;
  readonly #reader: RecordReader;

  constructor(system: System, submitter: Submitter, reader: RecordReader) {
    this.#system = system;
    this.#submitter = submitter;
    this.#reader = reader;
  }

  submitBatch(jobs: readonly BenchJob[]): Promise<void> {
    return this.#submitter.submitBatch(jobs);
  }

  submitOne(job: BenchJob): Promise<void> {
    return this.#submitter.submitOne(job);
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
    this.#submitter.end();
    await this.#reader.stop();
    await this.#system.stop();
  }
}
