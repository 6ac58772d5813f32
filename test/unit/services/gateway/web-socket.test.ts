import { expect } from 'chai';
import { eventually } from '../../../support/eventually.ts';
import { GatewayFixture } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';
import { SocketClient } from './socket-client.ts';

const WHOLE_LIFE = ['QUEUED', 'PROCESS_1_RUNNING', 'PROCESS_1_DONE', 'PROCESS_2_RUNNING', 'COMPLETED'];
const NOBODY = '00000000-0000-7000-8000-000000000000';
const HANDSHAKE = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];

describe('GET /v1/ws', () => {
  let gateway: GatewayFixture;
  const clients: SocketClient[] = [];
  const raws: RawConnection[] = [];
  const start = async (options: ConstructorParameters<typeof GatewayFixture>[0] = {}) => {
    gateway = await new GatewayFixture(options).start();
  };
  beforeEach(() => start());
  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.terminate();
    for (const raw of raws.splice(0)) raw.close();
    await gateway.stop();
  });

  async function open(options: Parameters<typeof SocketClient.open>[1] = {}): Promise<SocketClient> {
    const client = await SocketClient.open(gateway.url('/v1/ws'), options);
    clients.push(client);
    return client;
  }

  function raw(...lines: readonly string[]): RawConnection {
    const connection = new RawConnection(gateway.api.port).send(...lines, '', '');
    raws.push(connection);
    return connection;
  }

  async function finish(id: string, stages = 2): Promise<void> {
    for (let stage = 0; stage < stages; stage += 1) {
      await gateway.claim(id);
      await gateway.commit(id);
    }
  }

  const codeOf = (message: Readonly<Record<string, unknown>>) => (message['error'] as { code: string }).code;

  it('jobs subscribed to: a snapshot of each, every change, and the end, which unsubscribes', async () => {
    const client = await open();
    const ids = [await gateway.submit(), await gateway.submit()] as const;
    client.send({ type: 'subscribe', request_id: 'a', jobs: ids.map((job_id) => ({ job_id })) });
    const subscribed = await client.until('subscribed');
    expect(subscribed['request_id']).to.equal('a');
    expect(subscribed['job_ids']).to.have.members(ids);
    await client.until('event', 2);
    await finish(ids[0]);
    const ended = await client.until('unsubscribed');
    expect([ended['job_ids'], ended['reason']]).to.deep.equal([[ids[0]], 'ended']);
    expect(client.statusesOf(ids[0])).to.deep.equal(WHOLE_LIFE);
    expect(client.statusesOf(ids[1])).to.deep.equal(['QUEUED']);
    client.send({ type: 'unsubscribe', job_ids: [ids[1]] });
    await client.until('unsubscribed', 2);
    await eventually('nobody listens', () => gateway.live.fanOut.jobs === 0);
  });

  it('a connection that breaks, and another with the ids of the last events: no step is missing and none comes twice', async () => {
    const first = await open();
    const id = await gateway.submit();
    first.send({ type: 'subscribe', jobs: [{ job_id: id }] });
    await first.until('event');
    first.socket.terminate();
    await finish(id);
    const second = await open();
    second.send({ type: 'subscribe', jobs: [{ job_id: id, after: first.events[0]!.id }] });
    await second.until('unsubscribed');
    expect(second.statusesOf(id)).to.deep.equal(WHOLE_LIFE.slice(1));
  });

  it('a filter: changes of the jobs that it is for, never of another tenant, until it is taken away', async () => {
    const client = await open();
    client.send({ type: 'subscribe', filter: { name: 'ended', type: 'report', state: 'COMPLETED' } });
    client.send({ type: 'subscribe', filter: { name: 'bulk', lane: 'bulk' } });
    await client.until('subscribed', 2);
    await eventually('changes are followed', () => gateway.live.fanOut.figures.gaps === 1);
    const others = await gateway.submitAs('someone-else');
    const [standard, bulk] = [await gateway.submit(), await gateway.submit({ lane: 'bulk' })];
    await Promise.all([finish(others), finish(standard), finish(bulk)]);
    await eventually('both ends are told', () => [standard, bulk].every((id) => client.statusesOf(id).includes('COMPLETED')));
    expect(client.statusesOf(others)).to.deep.equal([]);
    expect(client.statusesOf(standard)).to.deep.equal(['COMPLETED']);
    const last = client.events.find(({ job }) => job['job_id'] === bulk && job['status'] === 'COMPLETED')!;
    expect(last.filters).to.have.members(['ended', 'bulk']);
    for (const filter of ['ended', 'bulk']) client.send({ type: 'unsubscribe', filter });
    await client.until('unsubscribed', 2);
    await eventually('changes are followed no more', () => !gateway.live.fanOut.isOpen);
  });

  it('changes that may have been missed: those with filters are told of the gap', async () => {
    const client = await open();
    client.send({ type: 'subscribe', filter: { name: 'all' } });
    await eventually('changes are followed', () => gateway.live.fanOut.figures.gaps === 1);
    const before = client.of('gap').length;
    gateway.changes.hold();
    gateway.changes.lose();
    expect((await client.until('gap', before + 1))['filters']).to.deep.equal(['all']);
  });

  it('jobs that there are not, or not for this tenant: an error that names them; the others are subscribed to', async () => {
    const client = await open();
    const [own, others] = [await gateway.submit(), await gateway.submitAs('someone-else')];
    client.send({ type: 'subscribe', jobs: [own, others, NOBODY].map((job_id) => ({ job_id })) });
    const error = await client.until('error');
    expect(codeOf(error)).to.equal('job_not_found');
    expect(error['job_ids']).to.have.members([others, NOBODY]);
    await client.until('event');
    expect(client.of('subscribed')[0]!['job_ids']).to.deep.equal([own]);
  });

  it('messages that are wrong: each is answered with what is wrong where, and the connection stays', async () => {
    const client = await open();
    const wrong = [
      ['{', 'malformed_json', undefined],
      [{ type: 'subscribe' }, 'invalid_request', ''],
      [{ type: 'subscribe', jobs: [{ job_id: 'x' }] }, 'invalid_request', '/jobs/0/job_id'],
      [{ type: 'subscribe', filter: { name: 'f', state: 'RUNING' } }, 'invalid_request', '/filter/state'],
      [{ type: 'subscribe', filter: { name: 'f', tenant: 'x' } }, 'invalid_request', '/filter/tenant'],
      [{ type: 'listen' }, 'invalid_request', '/type'],
      ['{"type":"ping","__proto__":1}', 'forbidden_json', '/__proto__'],
    ] as const;
    for (const [index, [message, code, pointer]] of wrong.entries()) {
      client.send(message);
      const error = await client.until('error', index + 1);
      expect(codeOf(error), JSON.stringify(message)).to.equal(code);
      const { errors } = error['error'] as { errors?: { pointer: string }[] };
      if (pointer !== undefined) expect(errors?.[0]?.pointer, JSON.stringify(message)).to.equal(pointer);
    }
    client.send({ type: 'ping', request_id: 'p' });
    expect((await client.until('pong'))['request_id']).to.equal('p');
  });

  it('many messages that are wrong: 1008; a binary one: 1003; one that is too large: 1009', async () => {
    const [stubborn, binary, large] = [await open(), await open(), await open()];
    for (let n = 0; n < 20; n += 1) stubborn.send('{');
    binary.socket.send(Buffer.from('{}'));
    large.send(`"${'x'.repeat(300_000)}"`);
    const codes = [await stubborn.untilClosed(), await binary.untilClosed(), await large.untilClosed()].map(({ code }) => code);
    expect(codes).to.deep.equal([1008, 1003, 1009]);
    await eventually('all are counted out', () => gateway.live.clients.open('websocket') === 0);
    expect(gateway.live.clients.counts.left.refused).to.equal(2);
  });

  it('more than a thousand jobs, or ten filters: too_many_subscriptions', async () => {
    const client = await open();
    for (let n = 0; n <= 10; n += 1) client.send({ type: 'subscribe', filter: { name: `f${n}` } });
    expect(codeOf(await client.until('error'))).to.equal('too_many_subscriptions');
    expect(client.of('subscribed')).to.have.length(10);
    client.send({ type: 'subscribe', jobs: Array.from({ length: 1_001 }, () => ({ job_id: NOBODY })) });
    expect(codeOf(await client.until('error', 2))).to.equal('invalid_request');
  });

  it('a page of another origin: 403; of the same host, of one that is allowed, or no page: welcome', async () => {
    await gateway.stop();
    await start({ limits: { websocketOrigins: ['https://app.example.com'], corsOrigins: ['https://page.example.com'] } });
    const host = `127.0.0.1:${gateway.api.port}`;
    const refused = await raw('GET /v1/ws HTTP/1.1', `Host: ${host}`, 'Origin: https://evil.example', ...HANDSHAKE).answer();
    expect([refused.status, JSON.parse(refused.body).code]).to.deep.equal([403, 'origin_not_allowed']);
    await open({ origin: `http://${host}` });
    await open({ origin: 'https://app.example.com' });
    await open({ origin: 'https://page.example.com' });
    await open();
    const sandboxed = await raw('GET /v1/ws HTTP/1.1', `Host: ${host}`, 'Origin: null', ...HANDSHAKE).answer();
    expect(sandboxed.status).to.equal(403);
  });

  it('a request that is no handshake: 426 with what to do, as a problem, and the connection goes on', async () => {
    const plain = await gateway.get('/v1/ws');
    expect([plain.status, plain.headers.get('upgrade'), ((await plain.json()) as { code: string }).code]).to.deep.equal([
      426,
      'websocket',
      'upgrade_required',
    ]);
    const old = await raw('GET /v1/ws HTTP/1.1', 'Host: x', ...HANDSHAKE.map((line) => line.replace('13', '7'))).answer();
    expect([old.status, old.headers['sec-websocket-version']]).to.deep.equal([426, '13']);
    const keyless = await raw('GET /v1/ws HTTP/1.1', 'Host: x', ...HANDSHAKE.slice(0, 3)).answer();
    expect(keyless.status).to.equal(400);
    const elsewhere = await raw('GET /v1/jobs HTTP/1.1', 'Host: x', ...HANDSHAKE).answer();
    expect(elsewhere.status).to.equal(200);
  });

  it('a wish for another protocol (h2c, as Java has it), with and without a body: is ignored, and the request is answered', async () => {
    const wish = ['Host: x', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'];
    expect((await raw('GET /livez HTTP/1.1', ...wish).answer()).status).to.equal(200);
    const json = JSON.stringify({ input: { rows: [{ a: 1 }] } });
    const post = raw('POST /generate-file HTTP/1.1', ...wish, 'Content-Type: application/json', `Content-Length: ${json.length}`);
    post.send(json);
    expect((await post.answer()).status).to.equal(202);
    expect((await post.send('GET /livez HTTP/1.1', 'Host: x', '', '').answer()).status).to.equal(200);
  });

  it('more clients than may listen: 503', async () => {
    await gateway.stop();
    await start({ maxListeners: 1 });
    await open();
    const refused = await raw('GET /v1/ws HTTP/1.1', 'Host: x', ...HANDSHAKE).answer();
    expect([refused.status, JSON.parse(refused.body).code]).to.deep.equal([503, 'too_many_listeners']);
  });

  it('the gateway stops: 1001, and it does not wait', async () => {
    const client = await open();
    client.send({ type: 'subscribe', jobs: [{ job_id: await gateway.submit() }] });
    await client.until('event');
    const startedAtMs = performance.now();
    await gateway.stop();
    expect((await client.untilClosed()).code).to.equal(1001);
    expect(performance.now() - startedAtMs).to.be.below(450);
    expect(gateway.live.clients.counts.left.stopped).to.equal(1);
  });

  it('a client that answers no ping: is cut off; one that does, stays', async () => {
    await gateway.stop();
    await start({ heartbeatMs: 50 });
    const [dead, alive] = [await open({ autoPong: false }), await open()];
    await dead.untilClosed();
    expect([dead.closed!.code, alive.closed]).to.deep.equal([1006, undefined]);
  });

  it('a client that reads nothing: is closed once a mebibyte waits for it', async () => {
    const client = await open();
    client.socket.pause();
    const request_id = 'x'.repeat(100);
    let sent = 0;
    await eventually(
      'it is counted out as slow',
      () => {
        for (let n = 0; n < 2_000; n += 1) client.send({ type: 'ping', request_id });
        sent += 2_000;
        return gateway.live.clients.counts.left.slow === 1;
      },
      20_000,
    );
    expect(sent).to.be.above(2_000);
  });

  it('metrics: its handshake is counted as 101', async () => {
    await open();
    const text = await (await fetch(gateway.adminUrl('/metrics'))).text();
    expect(text).to.match(/^jobline_http_requests_total\{.*route="\/v1\/ws",status="101".*\} 1$/m);
  });
});
