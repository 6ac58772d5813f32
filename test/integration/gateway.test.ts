import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { connect as connectAmqp } from 'amqplib';
import { expect } from 'chai';
import { type Db, MongoClient } from 'mongodb';
import { eventually } from '../support/eventually.ts';
import { RawConnection } from '../unit/services/gateway/raw-http.ts';
import { GatewayProcess, newTestServers, TcpProxy, type TestServers } from './gateway-process.ts';

const ROWS = [{ city: 'Wien', price: 10 }];
const REPORT = { type: 'report', input: { rows: ROWS } };
const body = async (answer: Response) => (await answer.json()) as Record<string, unknown>;
const MIB = 1_048_576;

/** Milliseconds that the answer took, beside it. */
async function timed(request: () => Promise<Response>): Promise<{ answer: Response; tookMs: number }> {
  const startedAtMs = performance.now();
  const answer = await request();
  return { answer, tookMs: performance.now() - startedAtMs };
}

describe('the gateway process, on real servers', function () {
  this.timeout(60_000);
  let servers: TestServers;
  let mongodbProxy: TcpProxy;
  let rabbitmqProxy: TcpProxy;
  let client: MongoClient;
  let db: Db;
  let gateway: GatewayProcess;
  let env: Record<string, string>;

  before(async () => {
    servers = await newTestServers();
    mongodbProxy = new TcpProxy(servers.mongodbUrl);
    rabbitmqProxy = new TcpProxy(servers.rabbitmqUrl);
    client = await new MongoClient(servers.mongodbUrl).connect();
    db = client.db();
    const through = (url: string, port: number) => Object.assign(new URL(url), { host: `127.0.0.1:${port}` });
    const mongodbUrl = through(servers.mongodbUrl, await mongodbProxy.start());
    // Else the driver finds the server's own address in its answers, past the proxy.
    mongodbUrl.search = '?directConnection=true';
    env = {
      MONGODB_URL: mongodbUrl.href,
      RABBITMQ_URL: through(servers.rabbitmqUrl, await rabbitmqProxy.start()).href,
      RABBITMQ_MANAGEMENT_URL: servers.managementUrl,
    };
    gateway = await new GatewayProcess(env).ready();
  });

  after(async () => {
    await gateway?.end('SIGKILL');
    mongodbProxy?.stop();
    rabbitmqProxy?.stop();
    await db?.dropDatabase();
    await client?.close();
    await servers?.dropVhost();
  });

  afterEach(() => {
    mongodbProxy.mend();
    rabbitmqProxy.mend();
  });

  /** Doorbells in the queue, taken out. */
  async function bells(): Promise<{ v: number; stage: number; jobs: { id: string; gen: number }[] }[]> {
    const connection = await connectAmqp(servers.rabbitmqUrl);
    const channel = await connection.createChannel();
    const found = [];
    for (;;) {
      const message = await channel.get('jobline.p1.standard', { noAck: true });
      if (!message) break;
      found.push(JSON.parse(message.content.toString()));
    }
    await connection.close();
    return found;
  }

  /** Documents in all collections that hold bytes of files. */
  async function storedChunks(): Promise<number> {
    const collections = await db.listCollections({ name: /\.(chunks|files)$/ }, { nameOnly: true }).toArray();
    const counts = await Promise.all(collections.map(({ name }) => db.collection(name).countDocuments()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  it('a submitted job: is in MongoDB and its doorbell in the queue of its stage and lane', async () => {
    await bells();
    const answer = await gateway.post('/generate-file', { input: { rows: ROWS } });
    expect(answer.status).to.equal(202);
    const { job_id } = await body(answer);
    const stored = await db.collection<{ _id: string; state: string }>('jobs').findOne({ _id: job_id as string });
    expect(stored).to.include({ state: 'QUEUED', tenant: 'default', type: 'report', gen: 1 });
    const found: unknown[] = [];
    await eventually('the doorbell', async () => found.push(...(await bells())) > 0);
    expect(found).to.deep.equal([{ v: 1, stage: 0, jobs: [{ id: job_id, gen: 1 }] }]);
  });

  it('50 submissions at once with one key: one job, one doorbell', async () => {
    await bells();
    const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.post('/v1/jobs', REPORT, { 'idempotency-key': '"fifty"' })));
    expect(new Set(answers.map((answer) => answer.status))).to.deep.equal(new Set([202]));
    const ids = new Set((await Promise.all(answers.map(body))).map((one) => one['job_id']));
    expect(ids.size).to.equal(1);
    expect(await db.collection('jobs').countDocuments({ idemKey: 'fifty' })).to.equal(1);
    const answer = await gateway.post('/v1/jobs', { ...REPORT, lane: 'bulk' }, { 'idempotency-key': 'fifty' });
    expect(await body(answer)).to.include({ status: 422, code: 'idempotency_mismatch' });
  });

  it('cancel and retry: the state in MongoDB follows', async () => {
    const { job_id } = await body(await gateway.post('/v1/jobs', REPORT));
    expect((await gateway.post(`/jobs/${job_id}/cancel`, {})).status).to.equal(202);
    expect(await body(await gateway.get(`/jobs/${job_id}/status`))).to.include({ status: 'CANCELED' });
    expect((await gateway.post(`/jobs/${job_id}/retry`, {})).status).to.equal(202);
    expect(await body(await gateway.get(`/v1/jobs/${job_id}`))).to.include({ status: 'QUEUED', run: 1 });
  });

  it('the list: pages through all jobs, newest first', async () => {
    const mine: unknown[] = [];
    for (let n = 0; n < 3; n += 1) mine.unshift((await body(await gateway.post('/v1/jobs', REPORT)))['job_id']);
    const seen: unknown[] = [];
    for (let path: string | undefined = '/v1/jobs?limit=2'; path; ) {
      const answer = await gateway.get(path);
      const page = (await answer.json()) as { jobs: { job_id: string }[] };
      seen.push(...page.jobs.map((job) => job.job_id));
      const link = answer.headers.get('link');
      path = link?.slice(1, link.indexOf('>'));
    }
    expect(seen.slice(0, 3)).to.deep.equal(mine);
    expect(seen).to.have.length(await db.collection('jobs').countDocuments());
    expect((await gateway.get('/v1/jobs?page_token=bogus')).status).to.equal(400);
  });

  it('an upload of 200 MiB: stored whole, the process stays small', async () => {
    const block = randomBytes(MIB);
    const hash = createHash('sha256');
    const source = Readable.from(
      (function* () {
        for (let n = 0; n < 200; n += 1) {
          hash.update(block);
          yield block;
        }
      })(),
    );
    const answer = await fetch(gateway.url('/v1/uploads?filename=large.csv'), {
      method: 'POST',
      body: Readable.toWeb(source) as ReadableStream,
      duplex: 'half',
      headers: { 'content-type': 'text/csv' },
    } as RequestInit);
    expect(answer.status).to.equal(201);
    const upload = await body(answer);
    expect(upload).to.include({ size_bytes: 200 * MIB, sha256: hash.digest('hex'), filename: 'large.csv' });
    expect(await body(await gateway.get(`/v1/uploads/${upload['upload_id']}`))).to.deep.equal(upload);
    expect(gateway.peakMemoryMb()).to.be.below(400);
    expect((await gateway.post('/generate-file', { input: { upload_id: upload['upload_id'] } })).status).to.equal(202);
  });

  it('an upload whose client goes away: nothing of it stays', async () => {
    const before = await storedChunks();
    const controller = new AbortController();
    let sent = 0;
    const source = Readable.from(
      (async function* () {
        while (!controller.signal.aborted) {
          // A turn of the event loop: fetch reads on in microtasks, and nothing else would ever run.
          await setImmediate();
          sent += MIB;
          yield randomBytes(MIB);
          if (sent > 10 * MIB) controller.abort();
        }
      })(),
    );
    const init = {
      method: 'POST',
      body: Readable.toWeb(source) as ReadableStream,
      duplex: 'half',
      signal: controller.signal,
    } as RequestInit;
    expect(await fetch(gateway.url('/v1/uploads'), init).catch((error: unknown) => error)).to.be.instanceOf(Error);
    expect(sent).to.be.above(10 * MIB);
    await eventually('the chunks to go', async () => (await storedChunks()) === before);
  });

  it('the control plane: queues and store side by side', async () => {
    const look = async () =>
      (await body(await fetch(gateway.adminUrl('/admin/v1/stages')))) as { stages: { stage: string }[]; broker: string };
    // RabbitMQ has no figures of a new virtual host for up to 5 s.
    await eventually('the figures of the broker', async () => (await look()).broker === 'ok', 15_000);
    const { stages } = await look();
    expect(stages.map((stage) => stage.stage)).to.deep.equal(['p1', 'p2']);
  });

  it('RabbitMQ cut off: jobs are accepted at once, the gateway is ready and says degraded, and recovers', async () => {
    rabbitmqProxy.cut();
    await eventually('degraded', async () => (await body(await gateway.get('/readyz')))['status'] === 'degraded');
    const { answer, tookMs } = await timed(() => gateway.post('/v1/jobs', REPORT));
    expect(answer.status).to.equal(202);
    expect(tookMs).to.be.below(1_000);
    const { job_id } = await body(answer);
    expect(await db.collection<{ _id: string; pub: { due: Date } }>('jobs').findOne({ _id: job_id as string })).to.have.nested.property(
      'pub.due',
    );
    rabbitmqProxy.mend();
    await eventually('recovery', async () => (await body(await gateway.get('/readyz')))['status'] === 'ok');
  });

  for (const [situation, happen] of [
    ['cut off', () => mongodbProxy.cut()],
    ['frozen', () => mongodbProxy.freeze()],
  ] as const) {
    it(`MongoDB ${situation}: 503 with Retry-After within 3 s, then at once, not ready, and back once it answers`, async () => {
      happen();
      const first = await timed(() => gateway.post('/v1/jobs', REPORT));
      expect(first.answer.status).to.equal(503);
      expect(Number(first.answer.headers.get('retry-after'))).to.be.at.least(1);
      expect(first.tookMs).to.be.below(3_000);
      const later = await Promise.all(Array.from({ length: 20 }, () => timed(() => gateway.post('/v1/jobs', REPORT))));
      for (const { answer, tookMs } of later) {
        expect(answer.status).to.equal(503);
        expect(tookMs).to.be.below(500);
      }
      expect((await gateway.get('/readyz')).status).to.equal(503);
      expect((await gateway.get('/livez')).status).to.equal(200);
      mongodbProxy.mend();
      await eventually('recovery', async () => (await gateway.post('/v1/jobs', REPORT)).status === 202);
      expect((await gateway.get('/readyz')).status).to.equal(200);
    });
  }

  it('started while RabbitMQ is away: is up and accepts jobs', async () => {
    const other = await new GatewayProcess({ ...env, RABBITMQ_URL: 'amqp://nobody:x@127.0.0.1:9/' }).ready();
    try {
      expect((await other.post('/v1/jobs', REPORT)).status).to.equal(202);
    } finally {
      expect(await other.end()).to.equal(0);
    }
  });

  it('SIGTERM with a request in flight: it is answered, exit 0', async () => {
    const other = await new GatewayProcess(env).ready();
    const connection = new RawConnection(other.port);
    connection.send(
      'POST /v1/uploads HTTP/1.1',
      'Host: localhost',
      'Content-Type: text/csv',
      'Content-Length: 8',
      'Expect: 100-continue',
      '',
      '',
    );
    // Told to continue, the request is known to be in flight.
    await connection.until(() => connection.text.includes('100 Continue'));
    connection.send('a,b\n');
    const ended = other.end();
    await other.seen((line) => line.msg === 'stopping');
    const { status, headers } = await connection.send('1,2\n').answer();
    expect(status).to.equal(201);
    expect(headers['connection']).to.equal('close');
    expect(await ended).to.equal(0);
  });

  it('all log lines: JSON without credentials', () => {
    const { password } = new URL(servers.rabbitmqUrl);
    expect(gateway.lines.length).to.be.above(3);
    expect(JSON.stringify(gateway.lines)).not.to.contain(`:${password}@`);
  });
});
