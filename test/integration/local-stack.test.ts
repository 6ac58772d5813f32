import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import type { LocalMongodb, LocalRabbitmq, Servers } from '../../deploy/local/servers.d.mts';
import { localServers } from '../support/local-stack.ts';
import { isAlive, ServerOwner } from './local-stack/killed-owner.ts';
import { listeningAddresses } from './local-stack/listening-addresses.ts';

const LOOPBACK = ['127.0.0.1', '::1'];
const quiet = { log: () => undefined };

async function waitUntil(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  for (const until = Date.now() + timeoutMs; !condition(); ) {
    if (Date.now() > until) throw new Error(`${what} was not seen within ${timeoutMs} ms`);
    await delay(50);
  }
}

async function management(rabbitmq: LocalRabbitmq, path: string, credentials = `${rabbitmq.user}:${rabbitmq.password}`): Promise<Response> {
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return fetch(`${rabbitmq.managementUrl}/api/${path}`, { headers: { authorization } });
}

async function withMongo<T>(url: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const notes = (client: MongoClient) => client.db('t').collection<{ _id: string }>('notes');

describe('Local servers', function () {
  this.timeout(120_000);
  let servers: Servers;
  let rabbitmq: LocalRabbitmq;
  let mongodb: LocalMongodb;

  before(async () => {
    const { startServers } = await localServers();
    servers = await startServers({ ...quiet, env: {} });
    if (servers.rabbitmq.isExternal || servers.mongodb.isExternal) throw new Error('servers of our own were expected');
    rabbitmq = servers.rabbitmq;
    mongodb = servers.mongodb;
  });

  after(async () => {
    await servers?.stop();
    expect(existsSync(servers.folder)).to.equal(false);
  });

  it('of one stack listen on the loopback interface only', () => {
    const helpers = JSON.parse(readFileSync(join(rabbitmq.folder, 'run/epmd.json'), 'utf8')) as { pid: number };
    for (const pid of [rabbitmq.pid!, mongodb.pid!, helpers.pid]) {
      const addresses = listeningAddresses(pid);
      expect(addresses, String(pid)).to.not.have.length(0);
      expect(addresses.filter((address) => !LOOPBACK.includes(address))).to.deep.equal([]);
    }
  });

  it('let in the user made up for their folder, and not guest', async () => {
    expect((await management(rabbitmq, 'whoami')).status).to.equal(200);
    expect((await management(rabbitmq, 'whoami', 'guest:guest')).status).to.equal(401);
    expect(await rabbitmq.ctl(['list_users'])).to.match(/^jobline\t\[administrator\]$/m);
  });

  it('of a folder in use are not started a second time', async () => {
    const { startServers } = await localServers();
    let message = '';
    await startServers({ folder: servers.folder, temporary: false, ...quiet, env: {} }).catch((error: Error) => {
      message = error.message;
    });
    expect(message).to.include(`held by process ${process.pid}`);
    expect(rabbitmq.pid).to.be.a('number');
  });

  it('RabbitMQ, killed and restarted, keeps its port and what it stored', async () => {
    await rabbitmq.ctl(['add_vhost', 'kept']);
    const { pid, url } = rabbitmq;
    await rabbitmq.kill();
    expect(isAlive(pid!)).to.equal(false);
    expect(rabbitmq.pid).to.equal(undefined);
    await rabbitmq.restart();
    expect(rabbitmq.url).to.equal(url);
    expect(await rabbitmq.ctl(['list_vhosts'])).to.match(/^kept$/m);
  });

  it('MongoDB, killed and restarted, keeps its port and what it acknowledged', async () => {
    await withMongo(mongodb.url, (client) => notes(client).insertOne({ _id: 'killed' }, { writeConcern: { w: 'majority', j: true } }));
    const { pid, url } = mongodb;
    await mongodb.kill();
    expect(isAlive(pid!)).to.equal(false);
    await mongodb.restart();
    expect(mongodb.url).to.equal(url);
    expect(await withMongo(url, (client) => notes(client).countDocuments({ _id: 'killed' }))).to.equal(1);
  });

  it('that the environment names are used and not touched', async () => {
    const { startServers } = await localServers();
    const env = { RABBITMQ_URL: rabbitmq.url, RABBITMQ_MANAGEMENT_URL: rabbitmq.managementApi, MONGODB_URL: mongodb.url };
    const named = await startServers({ ...quiet, env });
    expect([named.rabbitmq.url, named.rabbitmq.isExternal, named.mongodb.isExternal]).to.deep.equal([rabbitmq.url, true, true]);
    let message = '';
    await named.rabbitmq.kill().catch((error: Error) => {
      message = error.message;
    });
    expect(message).to.include('was not started here');
    await named.stop();
    expect([rabbitmq.pid, mongodb.pid].every((pid) => isAlive(pid!))).to.equal(true);
  });

  it('of a second stack run beside the first', async () => {
    const { startServers } = await localServers();
    const second = await startServers({ ...quiet, env: {} });
    try {
      expect(second.rabbitmq.url).to.not.equal(rabbitmq.url);
      const { nodeName } = second.rabbitmq as LocalRabbitmq;
      expect(nodeName).to.not.equal(rabbitmq.nodeName);
      expect(await second.rabbitmq.ctl(['eval', 'node().'])).to.include(nodeName);
      expect(await withMongo(second.mongodb.url, (client) => notes(client).countDocuments())).to.equal(0);
    } finally {
      await second.stop();
    }
  });

  it('whose starter is killed with SIGKILL end by themselves, and their temporary folder goes', async () => {
    const owner = new ServerOwner(
      'servers.startServers({ env: {} }).then((s) => ({ folder: s.folder, pids: [s.rabbitmq.pid, s.mongodb.pid] }))',
    );
    const { folder, pids } = await owner.started;
    expect(pids.every(isAlive)).to.equal(true);
    await owner.kill();
    await waitUntil(() => !pids.some(isAlive) && !existsSync(folder), 'the end of the servers');
  });
});

describe('Local servers of a folder that is kept', function () {
  this.timeout(120_000);
  let folder: string;
  const squatters: Server[] = [];

  /** Takes a port, and keeps whoever connects waiting. */
  async function squat(port: number): Promise<void> {
    const server = createServer((socket) => socket.on('error', () => undefined).unref());
    squatters.push(server.listen(port, '127.0.0.1'));
    await once(server, 'listening');
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kept-'));
  });

  afterEach(async () => {
    for (const server of squatters.splice(0)) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('start again after their starter and its keeper were killed, with what they stored', async () => {
    const options = JSON.stringify({ folder, temporary: false });
    const owner = new ServerOwner(`servers.startMongodb(${options}).then((m) => ({ folder: m.folder, pids: m.pids }))`);
    const { pids } = await owner.started;
    const { port } = JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')) as { port: number };
    await withMongo(`mongodb://127.0.0.1:${port}/?directConnection=true`, (client) => notes(client).insertOne({ _id: 'left' }));
    process.kill(owner.keeperPid(), 'SIGKILL');
    await owner.kill();
    expect(pids.every(isAlive)).to.equal(true);

    const { startMongodb } = await localServers();
    const said: string[] = [];
    const again = await startMongodb({ folder, temporary: false, log: (line) => said.push(line) });
    try {
      expect(pids.some(isAlive)).to.equal(false);
      expect(said.join()).to.include('mongod');
      expect(await withMongo(again.url, (client) => notes(client).countDocuments({ _id: 'left' }))).to.equal(1);
    } finally {
      await again.dispose();
    }
    expect(existsSync(join(folder, 'data'))).to.equal(true);
  });

  it('move to other ports when theirs are taken meanwhile, with what they stored', async () => {
    const { startServers } = await localServers();
    const first = await startServers({ folder, temporary: false, ...quiet, env: {} });
    await withMongo(first.mongodb.url, (client) => notes(client).insertOne({ _id: 'moved' }));
    await first.rabbitmq.ctl(['add_vhost', 'moved']);
    const ports = [first.rabbitmq.url, first.mongodb.url].map((url) => Number(/:(\d+)\//.exec(url)![1]));
    await first.stop();
    for (const port of ports) await squat(port);
    const second = await startServers({ folder, temporary: false, ...quiet, env: {} });
    try {
      expect(second.rabbitmq.url).to.not.equal(first.rabbitmq.url);
      expect(second.mongodb.url).to.not.equal(first.mongodb.url);
      expect(await withMongo(second.mongodb.url, (client) => notes(client).countDocuments({ _id: 'moved' }))).to.equal(1);
      expect(await second.rabbitmq.ctl(['list_vhosts'])).to.match(/^moved$/m);
    } finally {
      await second.stop();
    }
  });

  it('are not started over a broken settings file without saying where the log is', async () => {
    const { startRabbitmq } = await localServers();
    writeFileSync(join(folder, 'rabbitmq.conf'), '');
    let message = '';
    await startRabbitmq({ folder, temporary: false, ...quiet, config: ['no_such_setting = 1'] }).catch((error: Error) => {
      message = error.message;
    });
    expect(message).to.include('ended at its start').and.include(folder).and.include('no_such_setting');
  });
});
