import { type Collection, type Document, MongoClient } from 'mongodb';
import type { BenchJob } from '../suite/contender.ts';
import { COMPLETED_NOW, type EndWatch, nothingOpen, watchIds } from './mongo-reader.ts';

/** Reads jobs of Jobline's shape back; knows which id is which job. */
export class RecordReader {
  readonly #jobs: Collection<Document>;
  readonly #close: () => Promise<void>;
  readonly #ours: Document;
  readonly #numbers = new Map<string, number>();
  /** Completed before their id had been learnt. */
  readonly #early = new Set<string>();
  #onCompleted: ((n: number) => void) | undefined;
  #endWatch: EndWatch = async () => undefined;

  constructor(jobs: Collection<Document>, close: () => Promise<void> = async () => undefined, ours: Document = {}) {
    this.#jobs = jobs;
    this.#close = close;
    this.#ours = ours;
  }

  /** On a connection of its own. @param ours which records are to be read back, where others were there before; default all */
  static async open(mongodbUrl: string, database = 'raw', ours: Document = {}): Promise<RecordReader> {
    const mongo = await new MongoClient(mongodbUrl).connect();
    return new RecordReader(mongo.db(database).collection('jobs'), () => mongo.close(), ours);
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
    const states = new Map<number, string>();
    for await (const { _id, state } of this.#jobs.find(this.#ours, { projection: { state: 1 } })) {
      states.set(this.#numbers.get(String(_id)) ?? -1, String(state));
    }
    return states;
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
