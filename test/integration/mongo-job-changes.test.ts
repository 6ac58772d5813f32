import { expect } from 'chai';
import { claim } from '../../shared/domain/transitions.ts';
import { connectMongo } from '../../shared/mongo/connect.ts';
import { MongoJobChanges } from '../../shared/mongo/mongo-job-changes.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import type { NewJob } from '../../shared/ports/job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { eventually } from '../support/eventually.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { TcpProxy } from './gateway-process.ts';

describe('MongoJobChanges when the connection breaks', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let proxy: TcpProxy;
  before(async () => {
    database = await newDatabase();
    proxy = new TcpProxy(database.url);
  });
  after(async () => {
    proxy?.stop();
    await database?.dispose(true);
  });

  async function submitted(store: MongoJobStore): Promise<string> {
    const id = clock.uuid();
    const payload = { input: {}, options: {} };
    const job: NewJob = { id, tenant: 't', type: 'x', payload, reqHash: 'x', pipelineVersion: 1, lane: 'standard', token: id };
    await store.insert([job]);
    return id;
  }

  it('cut off while jobs change, and mended: every change is told, from where it was, without a gap', async () => {
    const url = Object.assign(new URL(database.url), { host: `127.0.0.1:${await proxy.start()}`, search: '?directConnection=true' });
    const mongo = await connectMongo({ url: url.href, appName: 'test', logger: silentLogger() });
    const store = new MongoJobStore(database, { clock });
    const log: { level: string; message: string; fields: object }[] = [];
    const told: string[] = [];
    let gaps = 0;
    const watch = new MongoJobChanges(mongo, silentLogger(log)).listen({
      changed: ({ id, state }) => told.push(`${id} ${state}`),
      missed: () => {
        gaps += 1;
      },
    });
    await eventually('it listens', () => gaps === 1);
    const first = await submitted(store);
    await eventually('it is told', () => told.includes(`${first} QUEUED`));
    proxy.cut();
    await eventually('the break is noticed', () => log.some(({ message }) => message === 'changes of jobs cannot be followed now'), 20_000);
    const away = await Promise.all(Array.from({ length: 20 }, () => submitted(store)));
    await store.apply([first], claim({ stage: 0, gen: 1, claim: 'c', owner: 'w', leaseMs: 60_000 }));
    proxy.mend();
    const expected = [...away.map((id) => `${id} QUEUED`), `${first} RUNNING`];
    await eventually('all is told', () => expected.every((one) => told.includes(one)), 20_000);
    expect(gaps).to.equal(1);
    expect(new Set(told).size).to.equal(told.length);
    await watch.close();
    await mongo.close();
  });
});
