import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { composeDocument, composeText } from '../support/deploy/compose-document.ts';
import { ComposePrograms, type RunningService } from '../support/deploy/compose-programs.ts';
import { type ComposeServers, startComposeServers } from '../support/deploy/compose-servers.ts';
import { eventually } from '../support/eventually.ts';

const compose = composeDocument(composeText());

describe('docker-compose.yml, its programs as processes on servers as their images leave them', function () {
  this.timeout(180_000);
  let folder: string;
  let servers: ComposeServers;
  let programs: ComposePrograms;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jobline-compose-'));
    servers = await startComposeServers(compose, folder);
    programs = new ComposePrograms(compose, servers, folder);
  });
  after(async () => {
    await programs?.killAll();
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function urlOf(name: string, variable: string): Promise<string> {
    return (await programs.environment(name))[variable]!;
  }

  async function brokerRefuses(name: string, use: (channel: Channel) => Promise<unknown>): Promise<string> {
    const connection = await connect(await urlOf(name, 'RABBITMQ_URL'));
    try {
      const channel = await connection.createChannel();
      const closed = new Promise<Error>((resolve) => void channel.once('error', resolve));
      // A publish is answered by nothing but the channel's end.
      const answered = use(channel).then(() => channel.checkExchange('jobline.stages'));
      return await Promise.race([
        closed.then(({ message }) => message),
        answered.then(
          () => 'allowed',
          ({ message }) => message,
        ),
      ]);
    } finally {
      await connection.close();
    }
  }

  async function storeRefuses(name: string, use: (client: MongoClient) => Promise<unknown>): Promise<string> {
    const client = new MongoClient(await urlOf(name, 'MONGODB_URL'), { serverSelectionTimeoutMS: 5_000 });
    try {
      return await use(client).then(
        () => 'allowed',
        ({ message }) => message,
      );
    } finally {
      await client.close();
    }
  }

  it('accounts without a password, or with one that would break a URL: names the variables, and makes nothing', async () => {
    const { code, output } = await programs.runToEnd('accounts', { GATEWAY_PASSWORD: '', SCHEDULER_PASSWORD: 'p@ss/word' });
    expect(code).to.equal(1);
    expect(output).to.contain('GATEWAY_PASSWORD, SCHEDULER_PASSWORD: each must be set');
    expect(output).not.to.contain('p@ss/word');
  });

  it('accounts, run twice: makes the new server a replica set and gives every service its account', async () => {
    for (const time of ['first', 'second']) {
      const { code, output } = await programs.runToEnd('accounts');
      expect(code, `${time}: ${output}`).to.equal(0);
    }
    expect(
      await storeRefuses('gateway', (client) =>
        client
          .db()
          .collection('probe')
          .insertOne({}, { writeConcern: { w: 'majority' } }),
      ),
    ).to.equal('allowed');
  });

  it('prepare, run twice with its own account: applies topology and migrations', async () => {
    for (const time of ['first', 'second']) {
      const { code, output } = await programs.runToEnd('prepare');
      expect(code, `${time}: ${output}`).to.equal(0);
    }
  });

  for (const [name, what, use] of [
    ['gateway', 'declares a queue', (channel) => channel.assertQueue('jobline.own')],
    ['gateway', 'takes from a stage queue', (channel) => channel.get('jobline.p1.standard')],
    ['p1-worker', "takes from the other stage's queue", (channel) => channel.consume('jobline.p2.standard', () => undefined)],
    ['p1-worker', 'takes from a dead-letter queue', (channel) => channel.get('jobline.p1.dlq')],
    [
      'p1-worker',
      "publishes to the other stage's dead letters",
      async (channel) => channel.publish('jobline.p2.dlx', '', Buffer.from('x')),
    ],
    ['p2-worker', 'publishes by the default exchange', async (channel) => channel.publish('', 'jobline.p1.standard', Buffer.from('x'))],
    ['scheduler', 'takes from a stage queue', (channel) => channel.get('jobline.p1.standard')],
    ['scheduler', 'deletes a queue', (channel) => channel.deleteQueue('jobline.p1.dlq')],
    ['prepare', 'declares what is not ours', (channel) => channel.assertQueue('other')],
  ] as readonly (readonly [string, string, (channel: Channel) => Promise<unknown>])[]) {
    it(`${name}, when it ${what}: is refused by RabbitMQ`, async () => {
      expect(await brokerRefuses(name, use)).to.match(/ACCESS.REFUSED/);
    });
  }

  for (const [name, what, use] of [
    ['p1-worker', 'reads another database', (client) => client.db('other').collection('x').findOne({})],
    ['p1-worker', 'changes the validator', (client) => client.db().command({ collMod: 'jobs', validationLevel: 'off' })],
    ['scheduler', 'makes a user', (client) => client.db('admin').command({ createUser: 'x', pwd: 'xxxxxxxx', roles: [] })],
  ] as readonly (readonly [string, string, (client: MongoClient) => Promise<unknown>])[]) {
    it(`${name}, when it ${what}: is refused by MongoDB`, async () => {
      expect(await storeRefuses(name, use)).to.match(/not authorized/);
    });
  }

  it('all services with their own accounts: take a job, complete it, and end with 0 at SIGTERM', async () => {
    const names = ['gateway', 'p1-worker', 'p2-worker', 'scheduler'];
    const started = Object.fromEntries(
      await Promise.all(names.map(async (name): Promise<[string, RunningService]> => [name, await programs.start(name)])),
    );
    const api = `http://127.0.0.1:${started['gateway']!.env['PORT']}`;
    const body = JSON.stringify({
      input: {
        rows: [
          { city: 'Oslo', age: 3 },
          { city: 'Rome', age: 5 },
        ],
      },
      options: { formats: ['csv'] },
    });
    const key = { authorization: `Bearer ${started['gateway']!.env['JOBLINE_BOOTSTRAP_KEY']}` };
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${api}/generate-file`, { method: 'POST', headers, body })).status).to.equal(401);
    const accepted = await fetch(`${api}/generate-file`, { method: 'POST', headers: { ...headers, ...key }, body });
    expect(accepted.status, await accepted.clone().text()).to.equal(202);
    const { job_id: id } = (await accepted.json()) as { job_id: string };
    let status: { status: string; error?: string } = { status: '' };
    const isOver = async (): Promise<boolean> => {
      status = (await (await fetch(`${api}/jobs/${id}/status`, { headers: key })).json()) as typeof status;
      return status.status === 'COMPLETED' || status.status === 'FAILED';
    };
    await eventually('the job is over', isOver, 60_000);
    expect(status).to.include({ status: 'COMPLETED' });
    const stopped = Object.entries(started).map(async ([name, service]) => {
      expect(await service.stop(), `${name}: ${service.log()}`).to.equal(0);
      expect(service.log()).not.to.match(/ACCESS.REFUSED|not authorized/);
    });
    await Promise.all(stopped);
  });

  it('another password, given to accounts: is that of the service from then on', async () => {
    const { code } = await programs.runToEnd('accounts', { SCHEDULER_PASSWORD: 'changed-password' });
    expect(code).to.equal(0);
    expect(await storeRefuses('scheduler', (client) => client.db().collection('jobs').findOne({}))).to.match(/Authentication failed/);
    const refused = await connect(await urlOf('scheduler', 'RABBITMQ_URL')).then(
      () => 'allowed',
      ({ message }) => message,
    );
    expect(refused).to.match(/ACCESS.REFUSED/);
  });
});

type Channel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>;
