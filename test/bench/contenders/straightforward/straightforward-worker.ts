import { randomUUID } from 'node:crypto';
import { type ConsumeMessage, connect } from 'amqplib';
import { type Document, MongoClient } from 'mongodb';
import { ExecutionLog } from '../../suite/execution-log.ts';
import { runWorker } from '../../suite/worker-process.ts';
import { BellPublisher, queueOf } from '../raw/bell-publisher.ts';
import { claimOf, commitOf } from '../raw/raw-record.ts';

/** What a worker of the straightforward implementation is told. */
export interface StraightforwardConfig {
  readonly rabbitmqUrl: string;
  readonly mongodbUrl: string;
  readonly executionsFolder: string;
  readonly stage: number;
}

/** Jobs at the same time. */
const PREFETCH = 64;
const LAST_STAGE = 1;

// One message, one job: claim, work, commit, publish and wait for the confirm, acknowledge.
await runWorker<StraightforwardConfig>(async ({ rabbitmqUrl, mongodbUrl, executionsFolder, stage }) => {
  const mongo = await new MongoClient(mongodbUrl, { writeConcern: { w: 'majority' } }).connect();
  const jobs = mongo.db('raw').collection<{ _id: string } & Document>('jobs');
  const connection = await connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.prefetch(PREFETCH);
  const publisher = await BellPublisher.open(connection, 1);
  const executions = new ExecutionLog(executionsFolder, `p${stage + 1}`);
  const isLast = stage === LAST_STAGE;

  const work = async (message: ConsumeMessage): Promise<void> => {
    const ids = (JSON.parse(message.content.toString()) as { jobs: readonly { id: string }[] }).jobs.map(({ id }) => id);
    const write = { ids, stage, claim: randomUUID() };
    const claim = claimOf(write, `p${stage + 1}`);
    const record = await jobs.findOneAndUpdate(claim.filter, claim.update, { returnDocument: 'after' });
    if (!record) return channel.ack(message);
    executions.note((JSON.parse(record['payload']) as { input: { n: number } }).input.n);
    const commit = commitOf(write, isLast);
    await jobs.updateOne(commit.filter, commit.update);
    if (!isLast) await publisher.ringOne(stage + 1, ids[0]!);
    channel.ack(message);
  };
  await channel.consume(queueOf(stage), (message) => {
    if (message) work(message).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  });
  return async () => {
    await Promise.all([connection.close(), mongo.close()]);
  };
});
