import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { problem as problemSchema } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture } from './gateway-fixture.ts';
import { SocketClient } from './socket-client.ts';

describe('event streams and WebSockets of one client and tenant', () => {
  let gateway: GatewayFixture;
  let gone: AbortController;
  beforeEach(() => {
    gone = new AbortController();
  });
  afterEach(async () => {
    gone.abort();
    await gateway.stop();
  });

  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const listen = (id: string, headers = {}) => fetch(gateway.url(`/v1/jobs/${id}/events`), { headers, signal: gone.signal });
  const openSocket = (headers = {}) => SocketClient.open(gateway.url('/v1/ws'), { headers });

  async function refusalOf(answer: Response): Promise<Record<string, unknown>> {
    expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([429, '5']);
    return problemSchema.parse(await answer.json());
  }

  it('as many as a key may have, of both kinds together: the next is 429, another key still listens', async () => {
    gateway = await new GatewayFixture({ auth: 'keys', listeners: { maxListenersPerClient: 2 } }).start();
    const [first, second] = [bearer(await gateway.key()), bearer(await gateway.key())];
    const id = await gateway.submit({}, first);
    expect((await listen(id, first)).status).to.equal(200);
    const socket = await openSocket(first);
    expect(await refusalOf(await listen(id, first))).to.deep.include({
      code: 'too_many_own_listeners',
      'violated-policies': ['listeners_per_client'],
    });
    expect((await listen(id, second)).status).to.equal(200);
    socket.socket.close();
    await gateway.until(async () => (await listen(id, first)).status === 200);
  });

  it('as many as a tenant may have, over all its keys: the next is 429, another tenant still listens', async () => {
    gateway = await new GatewayFixture({ auth: 'keys', listeners: { maxListenersPerTenant: 2 } }).start();
    const keys = [bearer(await gateway.key()), bearer(await gateway.key()), bearer(await gateway.key())];
    const id = await gateway.submit({}, keys[0]);
    expect([(await listen(id, keys[0])).status, (await listen(id, keys[1])).status]).to.deep.equal([200, 200]);
    expect(await refusalOf(await listen(id, keys[2]))).to.deep.include({ 'violated-policies': ['listeners_per_tenant'] });
    const other = bearer(await gateway.key(undefined, { tenant: 'other' }));
    expect((await listen(await gateway.submit({}, other), other)).status).to.equal(200);
  });

  it('a WebSocket beyond the cap: the handshake is answered 429, and nothing is left of it', async () => {
    gateway = await new GatewayFixture({ listeners: { maxListenersPerClient: 1 } }).start();
    const { socket } = await openSocket();
    const next = new WebSocket(gateway.url('/v1/ws').replace('http', 'ws'));
    next.on('error', () => {});
    const [, answer] = (await once(next, 'unexpected-response')) as [unknown, IncomingMessage];
    expect([answer.statusCode, answer.headers['retry-after']]).to.deep.equal([429, '5']);
    expect([gateway.live.clients.open('websocket'), gateway.live.clients.perClient.most]).to.deep.equal([1, 1]);
    socket.close();
    await gateway.until(async () => gateway.live.clients.perClient.most === 0 && gateway.live.clients.perTenant.most === 0);
  });
});
