import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

describe('HttpServer', () => {
  let gateway: GatewayFixture;
  const connections: RawConnection[] = [];
  const raw = () => {
    const connection = new RawConnection(gateway.api.port);
    connections.push(connection);
    return connection;
  };
  const start = async (options: ConstructorParameters<typeof GatewayFixture>[0] = {}) => {
    gateway = await new GatewayFixture(options).start();
  };
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await gateway.stop();
  });

  it('headers that drip: 408 as a problem, and the connection closed', async () => {
    await start({ timeouts: { headersMs: 100, checkEveryMs: 20 } });
    const connection = raw().send('GET / HTTP/1.1', 'Host: x', 'X-Slow: ');
    const { status, headers, body } = await connection.answer();
    expect(status).to.equal(408);
    expect(headers['content-type']).to.equal('application/problem+json');
    expect(JSON.parse(body)).to.include({ code: 'request_timeout' });
    await connection.until(() => connection.isClosed);
  });

  it('a JSON body that drips: 408', async () => {
    await start({ limits: { bodyTimeoutMs: 100 } });
    const connection = raw().send('POST /v1/jobs HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 100', '', '{');
    const { status, body } = await connection.answer();
    expect(status).to.equal(408);
    expect(JSON.parse(body)).to.include({ code: 'request_timeout' });
  });

  it('an upload that stalls: the connection is closed and nothing is kept; one that is only slow: stored', async () => {
    await start({ timeouts: { idleMs: 150 } });
    const stalled = raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 100', '', 'abc');
    const slow = raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 10', '', '');
    for (let byte = 0; byte < 10; byte += 1) {
      slow.send('x');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await slow.answer()).status).to.equal(201);
    await stalled.until(() => stalled.isClosed);
    expect(gateway.mishaps.storedUploads).to.equal(1);
  });

  it('stop while a request is in flight: it is answered with Connection: close, new connections are refused', async () => {
    await start();
    const json = JSON.stringify({ input: { rows: [{ a: 1 }] } });
    const connection = raw().send(
      'POST /generate-file HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      `Content-Length: ${json.length}`,
      '',
      json.slice(0, 10),
    );
    await gateway.until(async () => (await gateway.get('/livez')).status === 200);
    const { port } = gateway.api;
    const stopped = gateway.api.stop();
    connection.send(json.slice(10));
    const { status, headers } = await connection.answer();
    expect(status).to.equal(202);
    expect(headers['connection']).to.equal('close');
    await stopped;
    expect(await fetch(`http://127.0.0.1:${port}/livez`).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
  });

  it('stop with idle keep-alive connections: does not wait for them', async () => {
    await start();
    const connection = raw();
    await connection.send('GET /livez HTTP/1.1', 'Host: x', '', '').answer();
    const startedAtMs = performance.now();
    await gateway.api.stop();
    expect(performance.now() - startedAtMs).to.be.below(400);
    await connection.until(() => connection.isClosed);
  });

  it('stop with a request that never ends: cut off after the timeout', async () => {
    await start();
    const connection = raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 100', '', 'abc');
    await gateway.until(async () => (await gateway.get('/livez')).status === 200);
    await gateway.api.stop();
    await connection.until(() => connection.isClosed);
  });

  it('stop twice, and before start: harmless', async () => {
    gateway = new GatewayFixture();
    await gateway.api.stop();
    await gateway.start();
    await gateway.api.stop();
    await gateway.api.stop();
  });

  it('a port that is taken: start fails and names it', async () => {
    await start();
    const failure = await gateway
      .secondOn(gateway.api.port)
      .start()
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error).with.property('code', 'EADDRINUSE');
  });

  it('several requests in one packet: answered in their order', async () => {
    await start();
    const connection = raw().send(
      'GET /livez HTTP/1.1',
      'Host: x',
      '',
      'GET /nothing HTTP/1.1',
      'Host: x',
      '',
      'GET /startupz HTTP/1.1',
      'Host: x',
      '',
      '',
    );
    await connection.until(() => connection.text.split('HTTP/1.1 ').length === 4);
    expect([...connection.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).to.deep.equal(['200', '404', '200']);
  });
});
