import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

describe('the Host header, where nobody is asked for a key', () => {
  let gateway: GatewayFixture;
  before(async () => {
    gateway = await new GatewayFixture({ limits: { allowedHosts: ['jobs.test'] } }).start();
  });
  after(() => gateway.stop());

  async function answerTo(port: number, ...head: readonly string[]) {
    const connection = new RawConnection(port);
    try {
      return await connection.send(...head, '', '').answer();
    } finally {
      connection.close();
    }
  }

  const OWN = [
    'localhost',
    'LOCALHOST:8080',
    'localhost.',
    'app.localhost:1',
    '127.0.0.1',
    '127.9.8.7:65535',
    '[::1]:80',
    'jobs.test',
    'Jobs.Test.:8080',
  ];
  for (const host of OWN)
    it(`${host}: answered`, async () => {
      expect((await answerTo(gateway.api.port, 'GET /v1/jobs HTTP/1.1', `Host: ${host}`)).status).to.equal(200);
    });

  const FOREIGN = [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'notlocalhost',
    '192.168.0.1',
    'jobs.test.evil.example',
    '2130706433',
  ];
  for (const host of FOREIGN)
    it(`${host}: 421 on both ports, also for health, a WebSocket and a submission`, async () => {
      const heads = [
        ['GET /v1/jobs HTTP/1.1'],
        ['GET /livez HTTP/1.1'],
        ['POST /v1/uploads HTTP/1.1', 'Content-Length: 0'],
        ['GET /v1/ws HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', `Origin: http://${host}`],
      ];
      for (const port of [gateway.api.port, gateway.admin.port])
        for (const head of heads) {
          const { status, headers, body } = await answerTo(port, ...head, `Host: ${host}`);
          expect([status, headers['content-type'], JSON.parse(body).code]).to.deep.equal([
            421,
            'application/problem+json',
            'host_not_allowed',
          ]);
        }
    });

  it('none, of HTTP/1.0: answered', async () => {
    expect((await answerTo(gateway.api.port, 'GET /v1/jobs HTTP/1.0')).status).to.equal(200);
  });
});
