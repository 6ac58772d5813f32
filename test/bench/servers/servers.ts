import { connect } from 'amqplib';
import { MongoClient } from 'mongodb';
import type { Servers as LocalServers } from '../../../deploy/local/servers.d.mts';
import { localServers } from '../../support/local-stack.ts';
import { type PostgresqlServer, startPostgresql } from './postgresql.ts';
import { type AppendFsync, type RedisServer, startRedis } from './redis.ts';

/** Starts what a contender asks for, remembers it, and stops it all. */
export class Servers {
  readonly versions: Record<string, string> = {};
  readonly #folder: string;
  readonly #log: (line: string) => void;
  readonly #stops: (() => Promise<unknown>)[] = [];

  constructor(folder: string, log: (line: string) => void) {
    this.#folder = folder;
    this.#log = log;
  }

  /** RabbitMQ and MongoDB as `npm start` has them. */
  async rabbitmqAndMongodb(): Promise<LocalServers> {
    const { startServers } = await localServers();
    const servers = await startServers({ temporary: true, env: {}, log: this.#log });
    this.#stops.push(() => servers.stop());
    await this.note(servers.rabbitmq.url, servers.mongodb.url);
    return servers;
  }

  /** Notes the versions of a RabbitMQ and a MongoDB. */
  async note(rabbitmqUrl: string, mongodbUrl: string): Promise<void> {
    const connection = await connect(rabbitmqUrl);
    this.versions['rabbitmq'] = String(connection.connection.serverProperties.version);
    await connection.close();
    const client = new MongoClient(mongodbUrl);
    const { version } = await client.db('admin').command({ buildInfo: 1 });
    this.versions['mongodb'] = String(version);
    await client.close();
  }

  async redis(fsync: AppendFsync): Promise<RedisServer> {
    const server = await startRedis(this.#folder, fsync, this.#log);
    this.#stops.push(() => server.stop());
    this.versions['redis'] = server.version;
    return server;
  }

  async postgresql(): Promise<PostgresqlServer> {
    const server = await startPostgresql(this.#folder, this.#log);
    this.#stops.push(() => server.stop());
    this.versions['postgresql'] = server.version;
    return server;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.splice(0).map((stop) => stop()));
  }
}
