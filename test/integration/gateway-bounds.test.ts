import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { problem as problemSchema } from '../../shared/schema/job-responses.ts';
import { eventually } from '../support/eventually.ts';
import { ParsedMetrics } from '../support/parsed-metrics.ts';
import { type RawAnswer, RawConnection } from '../unit/services/gateway/raw-http.ts';
import { GatewayProcess, newTestServers, type TestServers } from './gateway-process.ts';

const BOUNDS = {
  MAX_CONNECTIONS: '10',
  MAX_CONNECTIONS_PER_ADDRESS: '6',
  MAX_IN_FLIGHT_PER_CLIENT: '2',
  MAX_LISTENERS_PER_CLIENT: '1',
  MAX_HEADERS: '20',
  MAX_URL_BYTES: '512',
  MAX_JSON_DEPTH: '8',
  MAX_JSON_ARRAY_LENGTH: '100',
  HEADERS_TIMEOUT_MS: '1000',
};
/** The tests come from 127.0.0.1 as a client; as a proxy they would from 127.0.0.2. */
const PROXY = '127.0.0.2';

describe('a gateway process with small bounds, over real sockets', function () {
  this.timeout(60_000);
  let servers: TestServers;
  let gateway: GatewayProcess;
  const connections: RawConnection[] = [];

  before(async () => {
    servers = await newTestServers();
    gateway = await new GatewayProcess({
      MONGODB_URL: servers.mongodbUrl,
      RABBITMQ_URL: servers.rabbitmqUrl,
      RABBITMQ_MANAGEMENT_URL: servers.managementUrl,
      TRUSTED_PROXIES: PROXY,
      AUDIT_RETAIN_DAYS: '1',
      ...BOUNDS,
    }).ready();
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await eventually('all connections are gone', async () => (await inUse('connections')) === 0);
  });
  after(async () => {
    await gateway?.end();
    const client = await new MongoClient(servers.mongodbUrl).connect();
    await client.db().dropDatabase();
    await client.close();
    await servers.dropVhost();
  });

  /** A connection of the client, or of the proxy. */
  function raw(localAddress = '127.0.0.1'): RawConnection {
    const connection = new RawConnection(gateway.port, localAddress);
    connections.push(connection);
    return connection;
  }
  const ask = (path: string, ...headers: readonly string[]) =>
    raw()
      .send(`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', '')
      .answer();
  const post = (path: string, body: unknown) => {
    const text = JSON.stringify(body);
    const head = ['Host: localhost', 'Content-Type: application/json', `Content-Length: ${text.length}`, '', text];
    return raw()
      .send(`POST ${path} HTTP/1.1`, ...head)
      .answer();
  };
  const stalled = (connection = raw(), ...headers: readonly string[]) =>
    connection.send('POST /v1/uploads HTTP/1.1', 'Host: localhost', 'Content-Length: 3', ...headers, '', '');
  const scrape = async () => new ParsedMetrics(await (await fetch(gateway.adminUrl('/metrics'))).text());
  const inUse = async (bound: string) => (await scrape()).value('jobline_bound_in_use', { listener: 'api', bound });
  const refusals = async (bound: string) => (await scrape()).value('jobline_bound_refusals_total', { listener: 'api', bound });
  const codeOf = ({ status, body }: RawAnswer) => [status, problemSchema.parse(JSON.parse(body)).code];

  it('requests in flight: the third is 429; metrics show use, cap and refusals', async () => {
    stalled();
    const second = stalled();
    await eventually('two are in flight', async () => (await inUse('requests_per_client')) === 2);
    expect(codeOf(await ask('/v1/jobs'))).to.deep.equal([429, 'too_many_in_flight']);
    expect((await scrape()).value('jobline_bound_limit', { listener: 'api', bound: 'requests_per_client' })).to.equal(2);
    await eventually('it is counted', async () => (await refusals('requests_per_client')) === 1);
    second.send('abc');
    expect((await second.answer()).status).to.equal(201);
  });

  it('connections of one address: the seventh is told 503 and closed, the control plane is reached, a trusted proxy has no such cap', async () => {
    const open = Array.from({ length: 6 }, () => raw());
    await eventually('six are open', async () => (await inUse('connections_per_address')) === 6);
    const seventh = raw().send('GET /livez HTTP/1.1', 'Host: localhost', '', '');
    const answer = await seventh.answer();
    expect([...codeOf(answer), answer.headers['retry-after'], answer.headers['connection']]).to.deep.equal([
      503,
      'too_many_connections',
      '5',
      'close',
    ]);
    await seventh.until(() => seventh.isClosed);
    const proxied = Array.from({ length: 4 }, () => raw(PROXY));
    await eventually('ten are open', async () => (await inUse('connections')) === 10);
    expect(codeOf(await raw(PROXY).send('GET /livez HTTP/1.1', 'Host: localhost', '', '').answer())).to.deep.equal([
      503,
      'too_many_connections',
    ]);
    expect([await refusals('connections_per_address'), await refusals('connections')]).to.deep.equal([1, 1]);
    open[0]!.close();
    await eventually('there is room', async () => (await inUse('connections')) === 9);
    expect((await proxied[0]!.send('GET /livez HTTP/1.1', 'Host: localhost', '', '').answer()).status).to.equal(200);
  });

  it('an address that a stranger makes up: is not believed; that of a trusted proxy is, in caps and in the audit log', async () => {
    for (const client of ['203.0.113.5', '203.0.113.5']) stalled(raw(PROXY), `X-Forwarded-For: ${client}`);
    await eventually('two are in flight', async () => (await inUse('requests_per_client')) === 2);
    const from = (...headers: readonly string[]) =>
      raw(PROXY)
        .send('GET /v1/jobs HTTP/1.1', 'Host: localhost', ...headers, '', '')
        .answer();
    expect((await from('X-Forwarded-For: 198.51.100.7, 203.0.113.5')).status).to.equal(429);
    expect((await from('X-Forwarded-For: 203.0.113.6')).status).to.equal(200);
    const uploads: string[] = [];
    for (const connection of [raw(), raw(PROXY)]) {
      const { body } = await stalled(connection, 'X-Forwarded-For: 198.51.100.9').send('abc').answer();
      uploads.push((JSON.parse(body) as { upload_id: string }).upload_id);
    }
    await eventually('both are in the audit log, with the address that can be believed', async () => {
      const answer = await fetch(gateway.adminUrl('/admin/v1/audit?action=upload.create'));
      const { entries } = (await answer.json()) as { entries: { client: string; target?: string }[] };
      const [stranger, proxied] = uploads.map((id) => entries.find(({ target }) => target === id)?.client);
      return stranger === '127.0.0.1' && proxied === '198.51.100.9';
    });
  });

  it('event streams of one client: the second is 429', async () => {
    const { body } = await post('/v1/jobs', { type: 'report', input: { rows: [{ a: 1 }] } });
    const { job_id } = JSON.parse(body) as { job_id: string };
    const stream = raw().send(`GET /v1/jobs/${job_id}/events HTTP/1.1`, 'Host: localhost', '', '');
    await stream.until(() => stream.text.includes('"status"'));
    expect(codeOf(await ask(`/v1/jobs/${job_id}/events`))).to.deep.equal([429, 'too_many_own_listeners']);
  });

  it('a head or a body that is too large or too slow: is refused as configured', async () => {
    expect(codeOf(await ask(`/v1/jobs?q=${'a'.repeat(510)}`))).to.deep.equal([414, 'url_too_long']);
    expect(codeOf(await ask('/v1/jobs', ...Array.from({ length: 20 }, (_, at) => `X-${at}: 1`)))).to.deep.equal([431, 'headers_too_large']);
    for (const rows of [Array.from({ length: 101 }, () => ({ a: 1 })), [{ a: [[[[[[1]]]]]] }]])
      expect(codeOf(await post('/v1/jobs', { type: 'report', input: { rows } }))).to.deep.equal([400, 'forbidden_json']);
    expect(codeOf(await raw().send('GET / HTTP/1.1', 'X-Slow: ').answer())).to.deep.equal([408, 'request_timeout']);
    await eventually('each is counted once', async () => {
      const page = await scrape();
      const bounds = ['url_bytes', 'headers', 'json_array_length', 'json_depth', 'request_time'];
      return bounds.every((bound) => page.value('jobline_bound_refusals_total', { listener: 'api', bound }) === 1);
    });
  });
});
