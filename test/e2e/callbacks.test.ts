import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { MessageWatch } from '../support/message-watch.ts';
import { TestSystem } from '../support/test-system.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Delivery {
  readonly delivery_id: string;
  readonly event: string;
  readonly state: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly log: readonly { readonly status?: number; readonly reason?: string }[];
}

/** A receiver that keeps what it gets and answers as it is told. */
class Receiver {
  readonly got: Received[] = [];
  answer: (res: ServerResponse, received: Received) => void = (res) => res.writeHead(204).end();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const received = { headers: req.headers, body: Buffer.concat(chunks).toString() };
        this.got.push(received);
        this.answer(res, received);
      });
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?token=s3cret-of-the-receiver`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  of(id: string): readonly Received[] {
    return this.got.filter(({ headers }) => headers['webhook-id'] === `${id}:1`);
  }
}

describe('Callbacks', function () {
  this.timeout(90_000);
  let system: TestSystem;
  let watch: MessageWatch;
  let receiver: Receiver;
  let url: string;

  before(async () => {
    const allowed = { CALLBACK_ALLOW_HTTP: 'yes', CALLBACK_PORTS: '1-65535', CALLBACK_ALLOW_HOSTS: '127.0.0.1' };
    system = await TestSystem.start({
      env: { ...allowed, CALLBACK_RETRY_BASE_MS: '100', CALLBACK_TIMEOUT_MS: '1000', CALLBACK_MAX_ATTEMPTS: '4' },
    });
    watch = await MessageWatch.start(system.system);
  });
  after(() => system?.stop());
  beforeEach(async () => {
    receiver = new Receiver();
    url = await receiver.start();
  });
  afterEach(() => {
    receiver.stop();
    for (const { headers, body } of receiver.got) watch.heardCallback(headers, body);
  });

  const deliveriesOf = async (id: string) =>
    (await system.request<{ deliveries: readonly Delivery[] }>('GET', `/v1/jobs/${id}/deliveries`)).body.deliveries;

  async function untilState(id: string, state: string): Promise<Delivery> {
    await eventually(`the delivery of ${id} is ${state}`, async () => (await deliveriesOf(id))[0]?.state === state, 60_000);
    const all = await deliveriesOf(id);
    expect(all).to.have.length(1);
    return all[0]!;
  }

  it('a receiver that fails, hangs and recovers: gets one end under one id, signed each time', async () => {
    const answers = [(res: ServerResponse) => res.writeHead(500).end(), () => {}, (res: ServerResponse) => res.writeHead(200).end('ok')];
    receiver.answer = (res) => answers.shift()?.(res);
    const id = await system.submit('noop', {}, { callback: { url } });
    const delivery = await untilState(id, 'delivered');

    expect(delivery).to.include({ delivery_id: `${id}:1`, event: 'completed', attempts: 3 });
    expect(delivery.log.map(({ status, reason }) => [status, reason])).to.deep.equal([
      [500, 'The receiver answered 500.'],
      [undefined, 'There was no complete answer within 1000 ms.'],
      [200, undefined],
    ]);
    const { secrets } = (await system.request<{ secrets: readonly { secret: string }[] }>('GET', '/v1/callback-secrets')).body;
    const key = Buffer.from(secrets[0]!.secret.replace('whsec_', ''), 'base64');
    expect(receiver.of(id)).to.have.length(3);
    for (const { headers, body } of receiver.got) {
      const text = `${id}:1.${headers['webhook-timestamp']}.${body}`;
      expect(headers['webhook-signature']).to.equal(`v1,${createHmac('sha256', key).update(text).digest('base64')}`);
      expect(JSON.parse(body)).to.deep.include({ type: 'job.completed' });
    }
  });

  it('a receiver that never takes it: dead with the reason, and nothing of its URL in the logs', async () => {
    receiver.answer = (res) => res.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end();
    const id = await system.submit('noop', {}, { callback: { url } });

    expect(await untilState(id, 'dead')).to.include({ attempts: 4, reason: 'The receiver redirects, which is not followed.' });
    const log = () => system.logs.map(({ line }) => line).join('\n');
    await eventually('the log says so', async () => log().includes('a callback could not be delivered'));
    expect(log()).not.to.contain('s3cret-of');
  });

  it('schedulers killed with SIGKILL while callbacks are under way: lose none', async () => {
    receiver.answer = () => {};
    const ids = await Promise.all(Array.from({ length: 12 }, () => system.submit('noop', {}, { callback: { url } })));
    await eventually('callbacks are under way', async () => receiver.got.length >= 4);
    await system.system.kill('scheduler');
    receiver.answer = (res) => res.writeHead(204).end();

    for (const id of ids) expect(await untilState(id, 'delivered')).to.include({ delivery_id: `${id}:1` });
    for (const id of ids) expect(receiver.of(id).length, id).to.be.at.least(1);
    expect(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size).to.equal(ids.length);
  });

  it('jobs without one: owe nothing, and a removed job has none left', async () => {
    const [silent, told] = [await system.submit('noop'), await system.submit('noop', {}, { callback: { url } })];
    await untilState(told, 'delivered');
    await system.until(silent, ['COMPLETED']);
    const rows = system.db.collection('deliveries');
    expect(await rows.countDocuments({ jobId: silent })).to.equal(0);
    await eventually('the job is removed', async () => (await system.request('DELETE', `/v1/jobs/${told}`)).status === 204);
    expect(await rows.countDocuments({ jobId: told })).to.equal(0);
  });

  it('an end of each kind, and every message of these tests: as /asyncapi.json has it', async () => {
    const failed = await system.submit('poison-inline', { poison: { stage: 'p1', how: 'reject' } }, { callback: { url } });
    const later = { callback: { url }, run_at: new Date(Date.now() + 600_000).toISOString() };
    const canceled = await system.submit('noop', {}, later);
    await system.request('POST', `/v1/jobs/${canceled}/cancel`);
    for (const id of [failed, canceled]) await untilState(id, 'delivered');
    expect(receiver.got.map(({ body }) => JSON.parse(body).type)).to.have.members(['job.failed', 'job.canceled']);
    for (const { headers, body } of receiver.got) watch.heardCallback(headers, body);
    await watch.stop();
    expect(watch.seen).to.include.keys('CallbackMessage', 'Doorbell', 'DeadLetter', 'JobEvent');
  });
});
