import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';

type Line = Readonly<Record<string, unknown>>;

describe('the access log', () => {
  let gateway: GatewayFixture;
  afterEach(() => gateway.stop());

  const lines = () => gateway.log.filter(({ message }) => message === 'request answered').map(({ fields }) => fields as Line);
  const proxies = { trustedProxies: ['127.0.0.1'], proxyHeader: 'x-forwarded-for' } as const;

  it('each request, answered or refused: one line with who, from where and how it ended, and no query', async () => {
    gateway = await new GatewayFixture({ auth: 'keys', proxies, limits: { accessLog: 'yes' } }).start();
    const key = await gateway.key();
    const from = { 'x-forwarded-for': '127.0.0.1, 203.0.113.5' };
    await gateway.get('/v1/jobs?limit=3', { ...from, authorization: `Bearer ${key}`, 'x-request-id': 'mine' });
    await gateway.get('/v1/downloads/0193a/x?signature=s3cret', from);
    await gateway.until(async () => lines().length === 2);
    const [listed, refused] = lines();
    expect(listed).to.deep.include({
      listener: 'api',
      method: 'GET',
      path: '/v1/jobs',
      status: 200,
      client: '203.0.113.5',
      request_id: 'mine',
      key_id: key.split('_')[1],
    });
    expect(refused).to.include({ path: '/v1/downloads/0193a/x', client: '203.0.113.5' });
    expect(JSON.stringify(lines())).not.to.contain('s3cret').and.not.to.contain(key);
  });

  it('a client that leaves before its answer: status 0, and its address all the same', async () => {
    gateway = await new GatewayFixture({ limits: { accessLog: 'yes' } }).start();
    const going = new AbortController();
    const upload = fetch(gateway.url('/v1/uploads'), {
      method: 'POST',
      body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('a')) }),
      duplex: 'half',
      signal: going.signal,
    } as RequestInit).catch(() => 'gone');
    await gateway.until(async () => gateway.bounds.uploads.open === 1);
    going.abort();
    expect(await upload).to.equal('gone');
    await gateway.until(async () => lines().length === 1);
    expect(lines()[0]).to.include({ method: 'POST', path: '/v1/uploads', status: 0, client: '127.0.0.1' });
  });

  it('off, as it is by default: no line', async () => {
    gateway = await new GatewayFixture().start();
    expect((await gateway.get('/v1/jobs')).status).to.equal(200);
    await gateway.stop();
    expect(lines()).to.deep.equal([]);
  });
});
