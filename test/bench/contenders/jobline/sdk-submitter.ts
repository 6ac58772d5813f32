import { JoblineClient } from '../../../../shared/client/jobline-client.ts';
import type { BenchJob } from '../../suite/contender.ts';
import type { RecordReader } from '../record-reader.ts';
import { BENCH_TYPE } from './job-types.ts';
import type { Submitter } from './running-system.ts';

/** Submits as a user's program does who has the client SDK: its defaults, a key for each job. */
export class SdkSubmitter implements Submitter {
  readonly #client: JoblineClient;
  readonly #reader: RecordReader;

  constructor(baseUrl: string, reader: RecordReader) {
    this.#client = new JoblineClient({ baseUrl });
    this.#reader = reader;
  }

  async submitBatch(jobs: readonly BenchJob[]): Promise<void> {
    const ids: string[] = [];
    for await (const result of this.#client.submitBatch(linesOf(jobs))) {
      if (result.error) throw new Error(`Job ${result.index} was not accepted: ${JSON.stringify(result)}`);
      ids.push(result.job_id);
    }
    this.#reader.learn(ids, jobs);
  }

  async submitOne(job: BenchJob): Promise<void> {
    const { job_id } = await this.#client.submit(BENCH_TYPE, job.payload);
    this.#reader.learn([job_id], [job]);
  }

  end(): void {}
}

function* linesOf(jobs: readonly BenchJob[]) {
  for (const { payload } of jobs) yield { type: BENCH_TYPE, input: payload };
}
