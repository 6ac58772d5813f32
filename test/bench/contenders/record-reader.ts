import { type Collection, type Document, MongoClient } from 'mongodb';
import type { BenchJob } from '../suite/contender.ts';
import { COMPLETED_NOW, type EndWatch, nothingOpen, watchIds } from './mongo-reader.ts';

/** Reads jobs of Jobline's shape back; knows which id is which job. */
export class RecordReader {
  readonly #jobs: Collection<Document>;
  readonly #close: () => Promise<void>;
  readonly #numbers = new Map<string, number>();
  /** Completed before their id had been learnt. */
  readonly #early = new Set<string>();
  #onCompleted: ((n: number) => void) | undefined;
  #endWatch: EndWatch = async () => undefined;

  constructor(jobs: Collection<Document>, close: () => Promise<void> = async () => undefined) {
    this.#jobs = jobs;
    this.#close = close;
  }

  /** On a connection of its own. */
  static async open(mongodbUrl: string, database = 'raw'): Promise<RecordReader> {
    const mongo = await new MongoClient(mongodbUrl).connect();
    return new RecordReader(mongo.db(database).collection('jobs'), () => mongo.close());
  }

  /** @param ids in the order of the jobs */
  learn(ids: readonly string[], jobs: readonly BenchJob[]): void {
    for (const [index, { n }] of jobs.entries()) {
      const id = ids[index]!;
      this.#numbers.set(id, n);
      if (this.#early.delete(id)) this.#onCompleted?.(n);
    }
  }

  isDone(): Promise<boolean> {
    return nothingOpen(this.#jobs);
  }

  /** A record that nobody submitted has the number -1. */
  async readBack(): Promise<ReadonlyMap<number, string>> {
    const found = await this.#jobs.find({}, { projection: { state: 1 } }).toArray();
    return new Map(found.map(({ _id, state }) => [this.#numbers.get(String(_id)) ?? -1, String(state)]));
  }

  async watch(onCompleted: (n: number) => void): Promise<void> {
    this.#onCompleted = onCompleted;
    this.#endWatch = await watchIds(this.#jobs, COMPLETED_NOW, (id) => {
      const n = this.#numbers.get(String(id));
      if (n === undefined) this.#early.add(String(id));
      else onCompleted(n);
    });
  }

  async stop(): Promise<void> {
    await this.#endWatch();
    await this.#close();
  }
}
