import { randomUUID } from 'node:crypto';
import { type Channel, type ConsumeMessage, connect } from 'amqplib';
import { type Collection, type Db, type Document, MongoClient } from 'mongodb';
import { ExecutionLog } from '../../suite/execution-log.ts';
import { runWorker } from '../../suite/worker-process.ts';
import { BellPublisher, queueOf } from './bell-publisher.ts';
import { MicroBatcher } from './micro-batcher.ts';
import { claimCommitOf, claimOf, commitOf, type Write } from './raw-record.ts';

/** What a raw worker is told. */
export interface RawWorkerConfig {
  readonly rabbitmqUrl: string;
  readonly mongodbUrl: string;
  readonly executionsFolder: string;
  readonly stage: number;
  readonly isFused: boolean;
  readonly jobsPerMessage: number;
}

interface Delivery {
  readonly message: ConsumeMessage;
  readonly ids: readonly string[];
}

const MOST = 500;
const IN_FLIGHT = 2;
/** Jobs held unacknowledged. */
const PREFETCH_JOBS = 2_000;
const LAST_STAGE = 1;

/** One stage: claims and commits by the batch, rings the next stage, acknowledges in delivery order. */
class RawWorker {
  readonly #db: Db;
  readonly #jobs: Collection<Document>;
  readonly #channel: Channel;
  readonly #publisher: BellPublisher;
  readonly #config: RawWorkerConfig;
  readonly #executions: ExecutionLog;
  #acknowledged: Promise<void> = Promise.resolve();

  constructor(parts: { db: Db; channel: Channel; publisher: BellPublisher; config: RawWorkerConfig }) {
    this.#db = parts.db;
    this.#jobs = parts.db.collection('jobs');
    this.#channel = parts.channel;
    this.#publisher = parts.publisher;
    this.#config = parts.config;
    this.#executions = new ExecutionLog(parts.config.executionsFolder, `p${parts.config.stage + 1}`);
  }

  async work(deliveries: readonly Delivery[]): Promise<void> {
    const ids = deliveries.flatMap((one) => one.ids);
    const before = this.#acknowledged;
    const committed = this.#workJobs(ids);
    this.#acknowledged = before.then(async () => {
      await committed;
      this.#channel.ack(deliveries.at(-1)!.message, true);
    });
    await committed;
  }

  async #workJobs(ids: readonly string[]): Promise<void> {
    const { stage, isFused } = this.#config;
    const isLast = stage === LAST_STAGE;
    const write = { ids, stage, claim: randomUUID() };
    if (!isFused) await this.#write(claimOf(write, `p${stage + 1}`), ids.length, 1);
    await this.#handle(ids);
    await this.#write(isFused ? claimCommitOf(write, isLast) : commitOf(write, isLast), ids.length, 'majority');
    // The record owes its bell: the acknowledgement waits for no publish.
    if (!isLast) void this.#publisher.ring(stage + 1, ids).catch(crash);
  }

  async #write({ filter, update }: Write, count: number, w: 1 | 'majority'): Promise<void> {
    const { modifiedCount } = await this.#jobs.updateMany(filter, update, { writeConcern: { w } });
    if (modifiedCount !== count) throw new Error(`${modifiedCount} of ${count} records were written.`);
  }

  /** Reads the inputs, as every handler needs them, and does nothing. */
  async #handle(ids: readonly string[]): Promise<void> {
    // As a command: a cursor takes each document apart once more.
    const read = { find: this.#jobs.collectionName, filter: { _id: { $in: ids } }, projection: { payload: 1 }, batchSize: ids.length + 1 };
    const { cursor } = (await this.#db.command(read)) as { readonly cursor: { readonly firstBatch: readonly { payload: string }[] } };
    for (const { payload } of cursor.firstBatch) this.#executions.note((JSON.parse(payload) as { input: { n: number } }).input.n);
  }
}

/** A ceiling mends nothing: the bench then says that jobs did not end. */
function crash(error: unknown): never {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exit(1);
}

await runWorker<RawWorkerConfig>(async (config) => {
  const mongo = await new MongoClient(config.mongodbUrl).connect();
  const connection = await connect(config.rabbitmqUrl, { noDelay: true });
  const publishing = await connect(config.rabbitmqUrl, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.prefetch(Math.ceil(PREFETCH_JOBS / config.jobsPerMessage));
  const publisher = await BellPublisher.open(publishing, config.jobsPerMessage);
  const worker = new RawWorker({ db: mongo.db('raw'), channel, publisher, config });
  const sizeOf = ({ ids }: Delivery) => ids.length;
  const batcher = new MicroBatcher<Delivery>((some) => worker.work(some).catch(crash), { most: MOST, inFlight: IN_FLIGHT, sizeOf });
  await channel.consume(queueOf(config.stage), (message) => {
    if (!message) return;
    const { jobs } = JSON.parse(message.content.toString()) as { jobs: readonly { id: string }[] };
    batcher.add({ message, ids: jobs.map(({ id }) => id) });
  });
  return async () => {
    await Promise.all([connection.close(), publishing.close(), mongo.close()]);
  };
});
