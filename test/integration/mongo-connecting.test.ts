import { expect } from 'chai';
import { connectMongo, type Mongo } from '../../shared/mongo/connect.ts';
import { databaseName } from '../../shared/mongo/database-name.ts';
import { mongoServices } from '../../shared/mongo/mongo-services.ts';
import { eventually } from '../support/eventually.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';
import { proxyTo, type RabbitProxy } from '../support/rabbit-proxy.ts';
import { silentLogger } from '../support/silent-logger.ts';

describe('starting while MongoDB is away', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let proxy: RabbitProxy;
  let mongo: Mongo;
  let lines: { level: string; message: string; fields: object }[];

  beforeEach(async () => {
    lines = [];
    database = await newDatabase();
    const url = new URL(database.url);
    url.search = '?directConnection=true';
    proxy = await proxyTo({ amqpUrl: url.href, managementUrl: '' });
    proxy.refuse(true);
    mongo = await connectMongo({ url: proxy.address.amqpUrl, appName: 'test', logger: silentLogger(lines) });
  });

  afterEach(async function () {
    await mongo.close();
    await proxy.close();
    await database.dispose(this.currentTest?.state === 'passed');
  });

  it('the connection is made when it answers, without a start anew', async () => {
    expect(lines.map(({ message }) => message)).to.deep.equal(['starting without MongoDB, it is connected to when it answers']);
    expect(await mongo.ping()).to.be.a('string');
    proxy.refuse(false);
    await eventually('an answer', async () => (await mongo.ping()) === undefined, 30_000);
    expect(mongo.db.databaseName).to.equal(databaseName(database.url));
  });

  it('the process waits for it, and goes on when it answers', async () => {
    const schema = mongoServices(mongo).find(({ name }) => name === 'schema')!;
    let isStarted = false;
    const starting = schema.start().then(() => (isStarted = true));
    await eventually('a look that fails', async () => (await mongo.ping()) !== undefined, 30_000);
    expect(isStarted).to.equal(false);
    proxy.refuse(false);
    await starting;
  });

  it('a stop ends the waiting', async () => {
    const schema = mongoServices(mongo).find(({ name }) => name === 'schema')!;
    const starting = schema.start();
    await schema.stop();
    await starting;
  });
});
