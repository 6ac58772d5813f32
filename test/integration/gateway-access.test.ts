import { expect } from 'chai';
import { type Db, MongoClient } from 'mongodb';
import { eventually } from '../support/eventually.ts';
import { GatewayProcess, newTestServers, type TestServers } from './gateway-process.ts';

const REPORT = { type: 'report', input: { rows: [{ city: 'Wien', price: 10 }] } };
const FIRST = `pk_${'f'.repeat(16)}_${'s'.repeat(43)}`;
const PEPPER = 'pepper-of-this-test-pepper-of-this-test';
const BURST = 60;
const QUOTA = 60;
const body = async (answer: Response) => (await answer.json()) as Record<string, unknown>;
const bearer = (key: unknown) => ({ authorization: `Bearer ${key}` });

describe('two gateway processes with API keys, on real servers', function () {
  this.timeout(60_000);
  let servers: TestServers;
  let client: MongoClient;
  let db: Db;
  let gateways: readonly [GatewayProcess, GatewayProcess];

  before(async () => {
    servers = await newTestServers();
    client = await new MongoClient(servers.mongodbUrl).connect();
    db = client.db();
    const env = {
      MONGODB_URL: servers.mongodbUrl,
      RABBITMQ_URL: servers.rabbitmqUrl,
      RABBITMQ_MANAGEMENT_URL: servers.managementUrl,
      HOST: '0.0.0.0',
      LOG_LEVEL: 'debug',
      JOBLINE_AUTH: 'keys',
      JOBLINE_KEY_PEPPER: PEPPER,
      JOBLINE_BOOTSTRAP_KEY: FIRST,
      MAX_WAITING_JOBS_PER_TENANT: String(QUOTA),
    };
    const started = [new GatewayProcess(env), new GatewayProcess(env)] as const;
    gateways = [await started[0].ready(), await started[1].ready()];
  });
  after(async () => {
    await Promise.all(gateways?.map((gateway) => gateway.end('SIGKILL')) ?? []);
    await db?.dropDatabase();
    await client?.close();
    await servers?.dropVhost();
  });

  async function newKey(wish: object): Promise<{ key: string; key_id: string }> {
    const answer = await fetch(gateways[0].adminUrl('/admin/v1/keys'), {
      method: 'POST',
      body: JSON.stringify({ name: 'test', scopes: ['read', 'submit'], ...wish }),
      headers: { 'content-type': 'application/json', ...bearer(FIRST) },
    });
    expect(answer.status).to.equal(201);
    return (await answer.json()) as { key: string; key_id: string };
  }
  const list = (gateway: GatewayProcess, key: string) => fetch(gateway.url('/v1/jobs'), { headers: bearer(key) });

  it('the first key, is made once, and opens both; nothing opens without', async () => {
    expect(await db.collection('api_keys').countDocuments()).to.equal(1);
    for (const gateway of gateways) {
      expect((await list(gateway, FIRST)).status).to.equal(200);
      expect((await gateway.get('/v1/jobs')).status).to.equal(401);
      expect((await fetch(gateway.adminUrl('/admin/v1/stages'))).status).to.equal(401);
    }
  });

  it('a key that is revoked at one, is refused by both within 5 s', async () => {
    const { key, key_id } = await newKey({});
    for (const gateway of gateways) expect((await list(gateway, key)).status).to.equal(200);
    const revoke = await fetch(gateways[0].adminUrl(`/admin/v1/keys/${key_id}/revoke`), { method: 'POST', headers: bearer(FIRST) });
    expect(revoke.status).to.equal(200);
    const startedAtMs = performance.now();
    const isRefused = async () => (await Promise.all(gateways.map((gateway) => list(gateway, key)))).every(({ status }) => status === 401);
    await eventually('both refuse it', isRefused);
    expect(performance.now() - startedAtMs).to.be.below(5_000);
  });

  it('a limit, is exact over both: so many pass as the bucket holds', async () => {
    const { key } = await newKey({ rate_limit: { requests_per_second: 0.01, burst: BURST } });
    const answers = await Promise.all(Array.from({ length: 4 * BURST }, (_, number) => list(gateways[number % 2 === 0 ? 0 : 1], key)));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(BURST);
    expect(answers.filter(({ status }) => status === 429)).to.have.length(3 * BURST);
  });

  it('50 submissions at once with one idempotency key, are one job; those that a limit refused do not burn the key', async () => {
    const { key } = await newKey({ tenant: 'fifty', rate_limit: { requests_per_second: 0.01, burst: BURST } });
    const submit = (number: number) =>
      gateways[number % 2 === 0 ? 0 : 1].post('/v1/jobs', REPORT, { ...bearer(key), 'idempotency-key': 'fifty' });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, number) => submit(number)));
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([202]));
    const ids = new Set((await Promise.all(answers.map(body))).map((one) => one['job_id']));
    expect([ids.size, await db.collection('jobs').countDocuments({ tenant: 'fifty' })]).to.deep.equal([1, 1]);
    expect(answers.filter(({ headers }) => !headers.has('idempotent-replayed'))).to.have.length(1);
    const more = await Promise.all(Array.from({ length: BURST }, (_, number) => submit(number)));
    expect(more.filter(({ status }) => status === 202)).to.have.length(BURST - 50);
    expect(more.filter(({ status }) => status === 429)).to.have.length(50);
    const other = await newKey({ tenant: 'fifty' });
    const again = await gateways[1].post('/v1/jobs', REPORT, { ...bearer(other.key), 'idempotency-key': 'fifty' });
    expect([again.status, (await body(again))['job_id']]).to.deep.equal([202, [...ids][0]]);
  });

  it('the quota, is counted from an index of its own, for one tenant and not for another', async () => {
    const { key } = await newKey({ tenant: 'acme' });
    const submit = () => gateways[0].post('/v1/jobs', REPORT, bearer(key));
    for (let count = 0; count < QUOTA; count += 1) expect((await submit()).status).to.equal(202);
    const refused = await submit();
    expect([refused.status, (await body(refused))['code']]).to.deep.equal([429, 'quota_exceeded']);
    const other = await newKey({ tenant: 'other' });
    expect((await gateways[0].post('/v1/jobs', REPORT, bearer(other.key))).status).to.equal(202);
    const plan = await db.command({
      explain: {
        aggregate: 'jobs',
        pipeline: [{ $match: { state: 'QUEUED', tenant: 'acme' } }, { $group: { _id: 1, n: { $sum: 1 } } }],
        hint: 'queued_tenants',
        cursor: {},
      },
      verbosity: 'executionStats',
    });
    expect(JSON.stringify(plan)).to.match(/"totalDocsExamined":0\b/);
  });

  it('the audit log, has the calls of both', async () => {
    const { job_id } = await body(await gateways[1].post('/v1/jobs', REPORT, bearer(FIRST)));
    const entries = async () =>
      (await body(await fetch(gateways[0].adminUrl(`/admin/v1/audit?target=${job_id}`), { headers: bearer(FIRST) })))['entries'] as Record<
        string,
        unknown
      >[];
    await eventually('the entry', async () => (await entries()).length === 1);
    expect((await entries())[0]).to.include({ action: 'job.submit', status: 202, key_name: 'bootstrap', tenant: 'default' });
    expect(await db.collection('audit').countDocuments({ action: 'key.create' })).to.be.above(2);
  });

  it('secrets, stand neither in what the processes printed nor in the database', async () => {
    for (const gateway of gateways) {
      await list(gateway, `${FIRST}x`);
      await fetch(gateway.url(`/v1/jobs/${FIRST}`), { headers: bearer(FIRST) });
      const printed = JSON.stringify(gateway.lines);
      expect(printed).to.contain('request refused').and.not.to.contain('s'.repeat(43)).and.not.to.contain(PEPPER);
    }
    const stored = await Promise.all(['api_keys', 'audit'].map((name) => db.collection(name).find().toArray()));
    expect(JSON.stringify(stored)).not.to.contain('s'.repeat(43)).and.not.to.contain(PEPPER);
  });
});

describe('a gateway process without keys', () => {
  it('told to listen on another address than loopback, ends with 78 and says what to set', async () => {
    const gateway = new GatewayProcess({ MONGODB_URL: 'mongodb://127.0.0.1:9/x', RABBITMQ_URL: 'amqp://127.0.0.1:9', HOST: '0.0.0.0' });
    expect(await gateway.exited()).to.equal(78);
  });
});
