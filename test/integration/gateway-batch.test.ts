import { randomUUID } from 'node:crypto';
import { connect as connectAmqp } from 'amqplib';
import { expect } from 'chai';
import { type Db, MongoClient } from 'mongodb';
import { eventually } from '../support/eventually.ts';
import { postNdjson } from '../support/ndjson-request.ts';
import { residentMb } from '../support/resident-memory.ts';
import { RawConnection } from '../unit/services/gateway/raw-http.ts';
import { GatewayProcess, newTestServers, TcpProxy, type TestServers } from './gateway-process.ts';

interface Result {
  readonly index: number;
  readonly status: number;
  readonly job_id?: string;
  readonly replayed?: boolean;
  readonly error?: { readonly code: string };
}

const REPORT = { type: 'report', input: { rows: [{ city: 'Wien', price: 10 }] } };
const SAMPLE_MS = 50;

function* jobs(count: number, jobOf: (index: number) => object | string): Generator<string> {
  for (let index = 0; index < count; index += 1) {
    const job = jobOf(index);
    yield typeof job === 'string' ? job : JSON.stringify(job);
  }
}

describe('batches, on real servers', function () {
  this.timeout(120_000);
  let servers: TestServers;
  let proxy: TcpProxy;
  let client: MongoClient;
  let db: Db;
  let gateway: GatewayProcess;

  before(async () => {
    servers = await newTestServers();
    proxy = new TcpProxy(servers.mongodbUrl);
    client = await new MongoClient(servers.mongodbUrl).connect();
    db = client.db();
    const mongodbUrl = Object.assign(new URL(servers.mongodbUrl), { host: `127.0.0.1:${await proxy.start()}` });
    // Else the driver finds the server's own address in its answers, past the proxy.
    mongodbUrl.search = '?directConnection=true';
    gateway = await new GatewayProcess({
      MONGODB_URL: mongodbUrl.href,
      RABBITMQ_URL: servers.rabbitmqUrl,
      RABBITMQ_MANAGEMENT_URL: servers.managementUrl,
    }).ready();
  });

  after(async () => {
    await gateway?.end('SIGKILL');
    proxy?.stop();
    await db?.dropDatabase();
    await client?.close();
    await servers?.dropVhost();
  });

  afterEach(() => proxy.mend());

  async function batch(lines: Iterable<string>): Promise<readonly Result[]> {
    const results: Result[] = [];
    const status = await postNdjson(gateway.url('/v1/jobs:batch'), lines, (line) => results.push(JSON.parse(line) as Result));
    expect(status, JSON.stringify(results)).to.equal(200);
    return results;
  }

  const stored = (ids: readonly string[]) => db.collection<{ _id: string }>('jobs').countDocuments({ _id: { $in: [...ids] } });
  const idsOf = (results: readonly Result[]) => results.flatMap(({ job_id }) => job_id ?? []);

  /** Messages in the queue of p1's lane bulk. */
  async function queued(): Promise<number> {
    const connection = await connectAmqp(servers.rabbitmqUrl);
    const channel = await connection.createChannel();
    const { messageCount } = await channel.checkQueue('jobline.p1.bulk');
    await connection.close();
    return messageCount;
  }

  it('5,000 lines, some wrong: answers in order, every job stored once and rung once; the same batch again: nothing new', async () => {
    const name = randomUUID();
    const isWrong = (index: number) => index % 50 === 49;
    const jobOf = (index: number) => {
      if (isWrong(index)) return index % 100 === 99 ? '{"type":' : { ...REPORT, colour: 'red' };
      return { ...REPORT, idempotency_key: `${name}-${index}` };
    };
    const first = await batch(jobs(5_000, jobOf));
    expect(first.map(({ index }) => index)).to.deep.equal(Array.from({ length: 5_000 }, (_, index) => index));
    expect(first.map(({ status }) => status)).to.deep.equal(
      first.map(({ index }) => (isWrong(index) ? (index % 100 === 99 ? 400 : 422) : 202)),
    );
    const ids = idsOf(first);
    expect([ids.length, new Set(ids).size, await stored(ids)]).to.deep.equal([4_900, 4_900, 4_900]);
    const keys = await db
      .collection<{ _id: string; idemKey: string }>('jobs')
      .find({ _id: { $in: ids } }, { projection: { idemKey: 1 } })
      .toArray();
    const keyOf = new Map(keys.map(({ _id, idemKey }) => [_id, idemKey]));
    for (const { index, job_id } of first) if (job_id !== undefined) expect(keyOf.get(job_id)).to.equal(`${name}-${index}`);
    await eventually('a doorbell for each', async () => (await queued()) === 4_900);

    const again = await batch(jobs(5_000, jobOf));
    expect(idsOf(again)).to.deep.equal(ids);
    expect(again.filter(({ status }) => status === 202).every(({ replayed }) => replayed === true)).to.equal(true);
    expect(await db.collection('jobs').countDocuments({ idemKey: { $regex: `^${name}` } })).to.equal(4_900);
    expect(await queued()).to.equal(4_900);
  });

  it('the same keyed batch by four clients at once: each job once, and all are told its id', async () => {
    const name = randomUUID();
    const all = await Promise.all(
      Array.from({ length: 4 }, () => batch(jobs(1_000, (index) => ({ ...REPORT, idempotency_key: `${name}-${index}` })))),
    );
    for (const results of all) expect(idsOf(results)).to.deep.equal(idsOf(all[0]!));
    expect(await db.collection('jobs').countDocuments({ idemKey: { $regex: `^${name}` } })).to.equal(1_000);
  });

  it('MongoDB cut off in the middle: 503 for some jobs, and the batch again with its keys completes it', async () => {
    const name = randomUUID();
    const jobOf = (index: number) => ({ ...REPORT, idempotency_key: `${name}-${index}` });
    let seen = 0;
    const first: Result[] = [];
    const status = await postNdjson(gateway.url('/v1/jobs:batch'), jobs(4_000, jobOf), (line) => {
      seen += 1;
      if (seen === 500) proxy.cut();
      first.push(JSON.parse(line) as Result);
    });
    proxy.mend();
    expect([status, first.length]).to.deep.equal([200, 4_000]);
    expect(new Set(first.map((result) => result.status))).to.deep.equal(new Set([202, 503]));
    expect(await stored(idsOf(first))).to.equal(idsOf(first).length);
    await eventually('recovery', async () => (await gateway.post('/v1/jobs', REPORT)).status === 202, 20_000);
    const again = await batch(jobs(4_000, jobOf));
    expect(new Set(again.map((result) => result.status))).to.deep.equal(new Set([202]));
    for (const { index, job_id } of first) if (job_id !== undefined) expect(again[index]!.job_id).to.equal(job_id);
    expect(await db.collection('jobs').countDocuments({ idemKey: { $regex: `^${name}` } })).to.equal(4_000);
  });

  it('a client that goes away in the middle: what it was told of is stored, and the gateway goes on', async () => {
    const connection = new RawConnection(gateway.port);
    connection.send(
      'POST /v1/jobs:batch HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/x-ndjson',
      'Transfer-Encoding: chunked',
      '',
      '',
    );
    const block = [...jobs(2_000, () => REPORT)].map((line) => `${line}\n`).join('');
    connection.send(Buffer.byteLength(block).toString(16), block, '');
    await connection.until(() => connection.text.includes('"index":999,'));
    connection.close();
    const ids = [...connection.text.matchAll(/"status":202,"job_id":"([0-9a-f-]{36})"/g)].map(([, id]) => id!);
    expect(ids.length).to.be.at.least(1_000);
    expect(await stored(ids)).to.equal(ids.length);
    expect((await batch(jobs(1, () => REPORT))).map(({ status }) => status)).to.deep.equal([202]);
    expect(gateway.child.exitCode).to.equal(null);
  });

  it('100,000 jobs in one request: all accepted, and the memory of the gateway stays flat', async () => {
    const count = 100_000;
    const pid = gateway.child.pid!;
    const before = await db.collection('jobs').estimatedDocumentCount();
    const startMb = residentMb(pid);
    let inOrder = 0;
    /** In the first and in the second half. */
    const peakMb = [startMb, 0];
    const sampler = setInterval(() => {
      const half = inOrder < count / 2 ? 0 : 1;
      peakMb[half] = Math.max(peakMb[half]!, residentMb(pid));
    }, SAMPLE_MS);
    let accepted = 0;
    const startedAtMs = performance.now();
    try {
      const status = await postNdjson(
        gateway.url('/v1/jobs:batch'),
        jobs(count, () => REPORT),
        (line) => {
          if (line.startsWith(`{"index":${inOrder},"status":202,`)) accepted += 1;
          inOrder += 1;
        },
      );
      expect([status, inOrder, accepted]).to.deep.equal([200, count, count]);
    } finally {
      clearInterval(sampler);
    }
    const seconds = (performance.now() - startedAtMs) / 1_000;
    expect((await db.collection('jobs').estimatedDocumentCount()) - before).to.equal(count);
    const [early = 0, late = 0] = peakMb.map(Math.round);
    process.stdout.write(
      `      ${Math.round(count / seconds)} jobs/s; gateway ${early} MiB in the first half, ${late} MiB in the second\n`,
    );
    expect(Math.max(early, late)).to.be.below(350);
    expect(late - early).to.be.below(80);
  });
});
