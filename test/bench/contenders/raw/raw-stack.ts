import { connect } from 'amqplib';
import { MongoClient } from 'mongodb';
import type { Servers as LocalServers } from '../../../../deploy/local/servers.d.mts';
import { migrate } from '../../../../shared/mongo/migrations.ts';
import type { BenchContext } from '../../suite/contender.ts';
import { queueOf } from './bell-publisher.ts';

/** RabbitMQ and MongoDB, with Jobline's indexes and a quorum queue a stage. */
export interface RawStack {
  readonly rabbitmqUrl: string;
  readonly mongodbUrl: string;
  readonly pids: Readonly<Record<string, number>>;
}

/** Indexes come from Jobline's own migrations; its validator is taken off, since a plain client would have none. */
async function prepareMongodb(url: string): Promise<void> {
  const mongo = await new MongoClient(url).connect();
  try {
    await migrate(mongo.db('raw'));
    await mongo.db('raw').command({ collMod: 'jobs', validator: {} });
  } finally {
    await mongo.close();
  }
}

async function prepareRabbitmq(url: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  for (const stage of [0, 1]) await channel.assertQueue(queueOf(stage), { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await connection.close();
}

/** Starts both and makes what raw clients need. */
export async function startRawStack({ servers }: BenchContext): Promise<RawStack> {
  const { rabbitmq, mongodb }: LocalServers = await servers.rabbitmqAndMongodb();
  await prepareMongodb(mongodb.url);
  await prepareRabbitmq(rabbitmq.url);
  return { rabbitmqUrl: rabbitmq.url, mongodbUrl: mongodb.url, pids: { rabbitmq: rabbitmq.pid ?? 0, mongodb: mongodb.pid ?? 0 } };
}
