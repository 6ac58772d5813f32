import { expect } from 'chai';
import { problem as problemSchema } from '../../../../shared/schema/job-responses.ts';
import { ParsedMetrics } from '../../../support/parsed-metrics.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

const REPORT = { type: 'report', input: { rows: ROWS } };
const QUOTA = 'https://iana.org/assignments/http-problem-types#quota-exceeded';
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const MANY_UPLOADS = { maxOpenUploads: 100 };

describe('requests in flight of one client', () => {
  let gateway: GatewayFixture;
  const connections: RawConnection[] = [];
  const start = async (options: ConstructorParameters<typeof GatewayFixture>[0] = {}) => {
    gateway = await new GatewayFixture(options).start();
  };
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await gateway.stop();
  });

  const flights = () => gateway.bounds.flights.cap.most;

  /** An upload whose bytes do not come. */
  async function stalled(...headers: readonly string[]): Promise<RawConnection> {
    const before = flights();
    const connection = new RawConnection(gateway.api.port);
    connections.push(connection);
    connection.send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 3', ...headers, '', '');
    await gateway.until(async () => flights() > before);
    return connection;
  }

  async function refusalOf(answer: Response): Promise<Record<string, unknown>> {
    expect(answer.status).to.equal(429);
    expect([answer.headers.get('retry-after'), answer.headers.get('ratelimit-policy'), answer.headers.get('ratelimit')]).to.deep.equal([
      '1',
      '"concurrency";q=2;qu="concurrent-requests"',
      '"concurrency";r=0;t=1',
    ]);
    return problemSchema.parse(await answer.json());
  }

  it('as many as may be: the next is 429, uses no idempotency key and no token; an answer makes room', async () => {
    await start({ bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 2 }, rateLimit: { perSecond: 0.01, burst: 4 } });
    const first = await stalled();
    await stalled();
    const refused = await gateway.post('/v1/jobs', REPORT, { 'idempotency-key': 'k' });
    expect(await refusalOf(refused))
      .to.include({ code: 'too_many_in_flight', type: QUOTA })
      .and.deep.include({
        'violated-policies': ['concurrency'],
      });
    expect((await gateway.get('/livez')).status, 'public paths').to.equal(200);
    expect((await fetch(gateway.adminUrl('/admin/v1/stages'))).status, 'operators').to.equal(200);
    first.send('abc');
    expect((await first.answer()).status).to.equal(201);
    await gateway.until(async () => flights() === 1);
    const accepted = await gateway.post('/v1/jobs', REPORT, { 'idempotency-key': 'k' });
    expect([accepted.status, accepted.headers.get('ratelimit')?.slice(0, 13)]).to.deep.equal([202, '"default";r=1']);
  });

  it('a client that goes, makes room; refusals never take any', async () => {
    await start({ bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 1 } });
    const only = await stalled();
    for (let count = 0; count < 5; count += 1) expect((await gateway.get('/v1/jobs')).status).to.equal(429);
    only.close();
    await gateway.until(async () => (await gateway.get('/v1/jobs')).status === 200);
    await gateway.until(async () => flights() === 0);
  });

  it('a client that pipelines and goes: none of its requests counts any more, and none is in flight', async () => {
    await start({ bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 50 } });
    const upload = await stalled();
    upload.send(
      'abc',
      ...Array.from({ length: 20 }, () => `GET /v1/jobs/${'0'.repeat(8)}-0000-7000-8000-000000000000/events HTTP/1.1\r\nHost: x\r\n\r\n`),
    );
    upload.close();
    const pipelined = new RawConnection(gateway.api.port);
    const id = await gateway.submit();
    pipelined.send(...Array.from({ length: 4 }, () => `GET /v1/jobs/${id}/events HTTP/1.1\r\nHost: x\r\n\r\n`));
    await gateway.until(async () => gateway.live.clients.open('sse') === 4);
    pipelined.close();
    await gateway.until(async () => gateway.live.clients.open('sse') === 0 && gateway.api.inFlight === 0 && flights() === 0);
  });

  it('100 at once against a cap of 10: never more than 10 are worked on, and all others are 429', async () => {
    await start({ bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 10 } });
    const held = await Promise.all(Array.from({ length: 100 }, () => new RawConnection(gateway.api.port)));
    connections.push(...held);
    for (const one of held) one.send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 3', '', '');
    await gateway.until(async () => held.filter(({ text }) => text.startsWith('HTTP/1.1 429')).length === 90);
    expect(flights()).to.equal(10);
  });

  it('keys: each has its own, whatever its address and tenant', async () => {
    await start({ auth: 'keys', bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 2 } });
    const [busy, idle] = [await gateway.key(), await gateway.key()];
    await stalled(`X-API-Key: ${busy}`);
    await stalled(`X-API-Key: ${busy}`);
    expect(await refusalOf(await gateway.get('/v1/jobs', bearer(busy)))).to.include({ code: 'too_many_in_flight' });
    expect((await gateway.get('/v1/jobs', bearer(idle))).status).to.equal(200);
    expect((await gateway.get('/v1/jobs')).status, 'nobody').to.equal(401);
  });

  const PROXIED = { trustedProxies: ['127.0.0.1'], proxyHeader: 'x-forwarded-for' } as const;

  it('without keys, addresses: each has its own, behind a trusted proxy too', async () => {
    await start({ proxies: PROXIED, bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 1 } });
    await stalled('X-Forwarded-For: 203.0.113.5');
    const from = async (address: string) => (await gateway.get('/v1/jobs', { 'x-forwarded-for': address })).status;
    expect(await from('203.0.113.5')).to.equal(429);
    expect(await from('198.51.100.1, 203.0.113.5'), 'what it makes up').to.equal(429);
    expect(await from('203.0.113.6')).to.equal(200);
    expect((await gateway.get('/v1/jobs')).status, 'the proxy itself').to.equal(200);
  });

  it('without a trusted proxy, the header: gives nobody room of another', async () => {
    await start({ bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 1 } });
    await stalled('X-Forwarded-For: 203.0.113.5');
    for (const headers of [{ 'x-forwarded-for': '203.0.113.6' }, { forwarded: 'for=203.0.113.6' }])
      expect((await gateway.get('/v1/jobs', headers)).status).to.equal(429);
  });

  it('an event stream, a WebSocket and a request that is held: are bounded by caps of their own', async () => {
    await start({ bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 1 }, held: { most: 3, mostPerClient: 1 } });
    const id = await gateway.submit();
    const gone = new AbortController();
    const stream = await fetch(gateway.url(`/v1/jobs/${id}/events`), { signal: gone.signal });
    expect(stream.status).to.equal(200);
    await gateway.until(async () => flights() === 0);
    const held = fetch(gateway.url(`/jobs/${id}/status`), { headers: { prefer: 'wait=20' }, signal: gone.signal }).catch(() => 'gone');
    await gateway.until(async () => gateway.waiters.waiting === 1 && flights() === 0);
    const next = await gateway.get(`/jobs/${id}/status`, { prefer: 'wait=20' });
    expect([next.status, next.headers.get('preference-applied')]).to.deep.equal([200, null]);
    gone.abort();
    await held;
  });

  it('metrics, show what is in use, the cap and the refusals; a client can make no label', async () => {
    await start({ bounds: { ...MANY_UPLOADS, maxInFlightPerClient: 1 } });
    await stalled();
    await gateway.get('/v1/jobs');
    await gateway.get(`/v1/jobs?q=${'a'.repeat(9_000)}`);
    const refusals = async () => {
      const page = await fetch(gateway.adminUrl('/metrics'));
      return new ParsedMetrics(await page.text()).all('jobline_bound_refusals_total').filter(({ value }) => value > 0);
    };
    await gateway.until(async () => (await refusals()).length === 2);
    expect((await refusals()).map(({ labels, value }) => [labels['listener'], labels['bound'], value])).to.deep.equal([
      ['api', 'requests_per_client', 1],
      ['api', 'url_bytes', 1],
    ]);
  });
});
