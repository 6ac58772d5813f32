import { connect } from 'amqplib';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { v7 } from 'uuid';
import { chunksOf, eachInFlight } from '../../suite/workload.ts';
import { BellPublisher } from './bell-publisher.ts';
import { MicroBatcher } from './micro-batcher.ts';
import { newRecord } from './raw-record.ts';

const MOST = 500;
const IN_FLIGHT = 2;

interface Waiting {
  readonly id: string;
  readonly payload: object;
  readonly done: (error?: unknown) => void;
}

/** Where a submitter writes to, and how. */
export interface RawSubmitterConfig {
  readonly rabbitmqUrl: string;
  readonly mongodbUrl: string;
  readonly jobsPerMessage: number;
}

/** Inserts by the batch (w:majority), then rings; a submission is accepted once its record is durable, as in Jobline. */
export class RawSubmitter {
  readonly jobs: Collection<Document>;
  readonly #publisher: BellPublisher;
  readonly #lane: string;
  readonly #close: () => Promise<unknown>;
  readonly #ringing = new Set<Promise<void>>();
  readonly #batcher: MicroBatcher<Waiting>;

  private constructor(jobs: Collection<Document>, publisher: BellPublisher, lane: string, close: () => Promise<unknown>) {
    this.jobs = jobs;
    this.#publisher = publisher;
    this.#lane = lane;
    this.#close = close;
    this.#batcher = new MicroBatcher((some) => this.#flush(some), { most: MOST, inFlight: IN_FLIGHT, sizeOf: () => 1 });
  }

  static async open({ rabbitmqUrl, mongodbUrl, jobsPerMessage }: RawSubmitterConfig): Promise<RawSubmitter> {
    const mongo = await new MongoClient(mongodbUrl).connect();
    const connection = await connect(rabbitmqUrl, { noDelay: true });
    const publisher = await BellPublisher.open(connection, jobsPerMessage);
    const close = () => Promise.all([connection.close(), mongo.close()]);
    return new RawSubmitter(mongo.db('raw').collection('jobs'), publisher, jobsPerMessage > 1 ? 'bulk' : 'standard', close);
  }

  /** @returns the id, once the record is durable. */
  submit(payload: object): Promise<string> {
    const id = v7();
    return new Promise((resolve, reject) => {
      this.#batcher.add({ id, payload, done: (error) => (error === undefined ? resolve(id) : reject(error)) });
    });
  }

  /** @returns ids in order, once all records are durable and all bells confirmed. */
  async submitAll(payloads: readonly object[]): Promise<readonly string[]> {
    const all = payloads.map((payload) => ({ id: v7(), payload }));
    await eachInFlight(chunksOf(all, MOST), IN_FLIGHT, (chunk) => this.#insert(chunk));
    await Promise.all(this.#ringing);
    return all.map(({ id }) => id);
  }

  async #flush(some: readonly Waiting[]): Promise<void> {
    const error = await this.#insert(some).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    for (const { done } of some) done(error);
  }

  async #insert(some: readonly { readonly id: string; readonly payload: object }[]): Promise<void> {
    const records = some.map(({ id, payload }) => newRecord(id, payload, this.#lane));
    await this.jobs.insertMany(records, { ordered: false, writeConcern: { w: 'majority' } });
    const ids = some.map(({ id }) => id);
    const ringing = this.#publisher.ring(0, ids).finally(() => this.#ringing.delete(ringing));
    this.#ringing.add(ringing);
  }

  async close(): Promise<void> {
    await this.#close();
  }
}
