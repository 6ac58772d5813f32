import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

const PING = ['GET /livez HTTP/1.1', 'Host: x', '', ''];
const PROXY = '127.0.0.2';

describe('connections of a listener', () => {
  let gateway: GatewayFixture;
  const connections: RawConnection[] = [];
  const start = async (options: ConstructorParameters<typeof GatewayFixture>[0]) => {
    gateway = await new GatewayFixture(options).start();
  };
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await gateway.stop();
  });

  function raw(localAddress?: string): RawConnection {
    const connection = new RawConnection(gateway.api.port, localAddress);
    connections.push(connection);
    return connection;
  }

  async function open(count: number, localAddress?: string): Promise<readonly RawConnection[]> {
    const before = gateway.connections!.open;
    const made = Array.from({ length: count }, () => raw(localAddress));
    await gateway.until(async () => gateway.connections!.open === before + count);
    return made;
  }

  async function refused(connection: RawConnection, ...head: readonly string[]): Promise<Record<string, unknown>> {
    const { status, headers, body } = await connection.send(...head).answer();
    expect([status, headers['content-type'], headers['retry-after'], headers['connection']]).to.deep.equal([
      503,
      'application/problem+json',
      '5',
      'close',
    ]);
    await connection.until(() => connection.isClosed);
    return JSON.parse(body) as Record<string, unknown>;
  }

  it('as many as may be: the next has its request answered 503 and is closed; those within go on; one that leaves makes room', async () => {
    await start({ connections: { maxConnections: 2, maxConnectionsPerAddress: 2 } });
    const [first, second] = await open(2);
    expect(await refused(raw(), ...PING)).to.include({
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      code: 'too_many_connections',
      detail: '2 connections are open already, which is the limit.',
    });
    expect((await first!.send(...PING).answer()).status).to.equal(200);
    second!.close();
    await gateway.until(async () => gateway.connections!.open === 1);
    expect(
      (
        await raw()
          .send(...PING)
          .answer()
      ).status,
    ).to.equal(200);
  });

  it('an upload, a WebSocket and a wish for HTTP/2 on a connection too many: 503 as well', async () => {
    await start({ connections: { maxConnections: 1, maxConnectionsPerAddress: 1 } });
    await open(1);
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`];
    await refused(raw(), 'POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 3', '', 'abc');
    await refused(raw(), 'GET /v1/ws HTTP/1.1', 'Host: x', ...upgrade, '', '');
    await refused(
      raw(),
      'GET /livez HTTP/1.1',
      'Host: x',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: ',
      '',
      '',
    );
  });

  it('one too many that says nothing, or drips: is closed', async () => {
    await start({ connections: { maxConnections: 1, maxConnectionsPerAddress: 1, refusedWithinMs: 100 } });
    await open(1);
    const silent = raw();
    const dripping = raw().send('GET / HTTP/1.1', 'X-Slow: ');
    await Promise.all([silent, dripping].map((connection) => connection.until(() => connection.isClosed)));
    expect([silent.text, dripping.text]).to.deep.equal(['', '']);
  });

  it('a flood of them: 64 at most are kept to be told, the others closed unseen, and none is let in', async () => {
    await start({ connections: { maxConnections: 1, maxConnectionsPerAddress: 1 } });
    await open(1);
    const flood = Array.from({ length: 150 }, () => raw());
    await gateway.until(async () => flood.filter(({ isClosed }) => isClosed).length >= 150 - 64);
    expect([gateway.connections!.open, gateway.connections!.perAddress.most]).to.deep.equal([1, 1]);
    const [told] = flood.filter(({ isClosed }) => !isClosed);
    expect(await refused(told!, ...PING)).to.include({ code: 'too_many_connections' });
  });

  it('addresses: each has its own cap; a trusted proxy has none but the whole', async () => {
    await start({
      connections: { maxConnections: 6, maxConnectionsPerAddress: 2 },
      proxies: { trustedProxies: [PROXY], proxyHeader: 'x-forwarded-for' },
    });
    await open(2);
    expect(await refused(raw(), ...PING)).to.include({ detail: '2 connections of your address are open already, which is the limit.' });
    await open(1, '127.0.0.3');
    await open(3, PROXY);
    expect(await refused(raw(PROXY), ...PING)).to.include({ detail: '6 connections are open already, which is the limit.' });
  });

  it('a request that asks for another protocol first, is read anew on its connection, which counts once', async () => {
    await start({ connections: { maxConnections: 2, maxConnectionsPerAddress: 2 } });
    const [connection] = await open(1);
    const head = ['GET /livez HTTP/1.1', 'Host: x', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: ', '', ''];
    for (let count = 0; count < 3; count += 1) expect((await connection!.send(...head).answer()).status).to.equal(200);
    expect(gateway.connections!.open).to.equal(1);
    connection!.close();
    await gateway.until(async () => gateway.connections!.open === 0 && gateway.connections!.perAddress.most === 0);
  });
});
