import { expect } from 'chai';
import { TopologyError } from '../../shared/domain/failures.ts';
import type { Delivery } from '../../shared/ports/message-bus.ts';
import type { RabbitMessageBus } from '../../shared/rabbit/rabbit-message-bus.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { bell, ids } from '../contract/message-bus.contract.ts';
import { eventually } from '../support/eventually.ts';
import { busOn, newVhost, newVhostWithTopology, type TestVhost } from '../support/rabbit.ts';
import { proxyTo, type RabbitProxy } from '../support/rabbit-proxy.ts';

describe('connecting to RabbitMQ', function () {
  this.timeout(30_000);
  let vhost: TestVhost;
  let bus: RabbitMessageBus;
  let proxies: RabbitProxy[];
  let lines: { level: string; message: string; fields: object }[];

  beforeEach(async () => {
    vhost = await newVhostWithTopology();
    proxies = [];
    lines = [];
  });
  afterEach(async () => {
    for (const proxy of proxies) proxy.thaw();
    await bus.stop();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await vhost.drop();
  });

  async function start(options: Parameters<typeof busOn>[1] = {}): Promise<void> {
    bus = busOn(vhost, { lines, ...options });
    await bus.start();
  }

  async function newProxy(): Promise<RabbitProxy> {
    const proxy = await proxyTo(vhost);
    proxies.push(proxy);
    return proxy;
  }

  function said(level: string): string {
    return lines
      .filter((line) => line.level === level)
      .map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`)
      .join('\n');
  }

  it('started while the broker is away, is up at once, refuses, and connects when it can', async () => {
    const proxy = await newProxy();
    proxy.refuse(true);
    const before = performance.now();
    await start({ urls: [proxy.address.amqpUrl] });
    expect(performance.now() - before).to.be.below(3_000);
    expect(bus.canPublish()).to.equal(false);
    expect(await bus.publish([bell('a')])).to.deep.equal(['refused']);
    proxy.refuse(false);
    await eventually('publishing', () => bus.canPublish());
    expect(await bus.publish([bell('a')])).to.deep.equal(['confirmed']);
  });

  it('a peer that takes the connection and says nothing, does not hold up the start', async () => {
    const proxy = await newProxy();
    proxy.freeze();
    const before = performance.now();
    await start({ urls: [proxy.address.amqpUrl] });
    expect(performance.now() - before).to.be.below(7_000);
    expect(await bus.publish([bell('a')])).to.deep.equal(['refused']);
    proxy.thaw();
    await eventually('publishing', () => bus.canPublish(), 20_000);
  });

  it('started while the broker is away, and then without topology, says so and waits for it', async () => {
    await vhost.api.delete(vhost.api.inVhost('queues', 'jobline.p2.bulk'));
    const proxy = await newProxy();
    proxy.refuse(true);
    await start({ urls: [proxy.address.amqpUrl] });
    proxy.refuse(false);
    await eventually('the error', () => lines.some(({ level, message }) => level === 'error' && message === 'topology is not complete'));
    expect(String((lines.find(({ level }) => level === 'error')!.fields as { err: Error }).err)).to.include('queue jobline.p2.bulk');
  });

  it('started without topology, fails and names what is missing and the command', async () => {
    const empty = await newVhost();
    bus = busOn(empty, { lines });
    const error = await bus.start().catch((one: unknown) => one);
    expect(error).to.be.instanceOf(TopologyError);
    expect((error as Error).message)
      .to.include('RabbitMQ lacks 14 part(s) of the topology (TOPOLOGY=per-stage)')
      .and.include('exchange jobline.stages')
      .and.include('queue jobline.p2.dlq')
      .and.include('`npm run topology apply`');
    await bus.stop();
    await empty.drop();
  });

  it('told to await the connection, starts only when the broker is there', async () => {
    const proxy = await newProxy();
    proxy.refuse(true);
    bus = busOn(vhost, { lines, urls: [proxy.address.amqpUrl], awaitConnection: true });
    const started = bus.start();
    await eventually('a failed attempt', () => lines.some(({ message }) => message === 'connecting to RabbitMQ failed'));
    proxy.refuse(false);
    await started;
    expect(bus.canPublish()).to.equal(true);
  });

  it('several nodes with the first away, takes the next', async () => {
    const [gone, there] = [await newProxy(), await newProxy()];
    gone.refuse(true);
    await start({ urls: [gone.address.amqpUrl, there.address.amqpUrl] });
    await eventually('publishing', () => bus.canPublish());
    expect([gone.connections, there.connections]).to.deep.equal([0, 1]);
  });

  it('several nodes and the one in use dies, publishes and consumes over another', async () => {
    const [first, second] = [await newProxy(), await newProxy()];
    const clock = { ...systemClock, random: () => 0 };
    await start({ urls: [first.address.amqpUrl, second.address.amqpUrl], clock });
    const got: Delivery[] = [];
    const consumer = await bus.consume({
      stages: ['p1'],
      prefetch: { express: 10, standard: 10, bulk: 10, overflow: 10 },
      onDelivery: (delivery) => {
        got.push(delivery);
        delivery.ack();
      },
    });
    expect([first.connections, second.connections], 'publishing and consuming').to.deep.equal([2, 0]);
    first.refuse(true);
    first.cut();
    await eventually('the other node', () => bus.canPublish() && consumer.isHealthy() && second.connections === 2);
    expect(await bus.publish([bell('a')])).to.deep.equal(['confirmed']);
    await eventually('a delivery', () => ids(got).includes('a'));
  });

  it('several nodes, are not all tried in the same order', async () => {
    const nodes = [await newProxy(), await newProxy(), await newProxy()];
    const chances = [0.4, 0, 0, 0.9, 0, 0];
    const clock = { ...systemClock, random: () => chances.shift() ?? 0 };
    await start({ urls: nodes.map(({ address }) => address.amqpUrl), clock });
    const consumer = await bus.consume({
      stages: ['p1'],
      prefetch: { express: 1, standard: 1, bulk: 1, overflow: 1 },
      onDelivery: () => undefined,
    });
    await eventually('both connections', () => bus.canPublish() && consumer.isHealthy());
    expect(nodes.map(({ connections }) => connections)).to.deep.equal([0, 1, 1]);
  });

  const refusals: Readonly<Record<string, { url: (url: URL) => void; hint: string; answer: string }>> = {
    'a wrong password': {
      url: (url) => (url.password = 'wrong-secret'),
      hint: 'user or password of RABBITMQ_URL is wrong',
      answer: 'ACCESS',
    },
    'an unknown user': { url: (url) => (url.username = 'nobody'), hint: 'user or password of RABBITMQ_URL is wrong', answer: 'ACCESS' },
    'a virtual host that does not exist': { url: (url) => (url.pathname = '/nowhere'), hint: 'does not exist', answer: 'ConnectionClose' },
  };
  for (const [what, { url: change, hint, answer }] of Object.entries(refusals)) {
    it(`${what}, is an error that says what to look at, without the password, and is tried on`, async () => {
      const url = new URL(vhost.amqpUrl);
      change(url);
      await start({ urls: [url.toString()] });
      expect(bus.canPublish()).to.equal(false);
      expect(said('error')).to.include('RabbitMQ refused the connection').and.include(hint).and.include(answer).and.include(url.host);
      await eventually('a second attempt', () => said('error').includes('"attempt":2'));
      expect(JSON.stringify(lines)).to.not.include(url.password);
    });
  }

  it('stopped in the middle of a handshake, ends at once and stays ended', async () => {
    const proxy = await newProxy();
    proxy.freeze();
    bus = busOn(vhost, { lines, urls: [proxy.address.amqpUrl] });
    const started = bus.start();
    await eventually('a connection that gets no answer', () => proxy.connections === 1);
    const before = performance.now();
    await bus.stop();
    await started;
    expect(performance.now() - before).to.be.below(4_000);
    proxy.thaw();
    await eventually('the end of the connection', () => proxy.connections === 0, 15_000);
    expect(lines.filter(({ message }) => message === 'connected to RabbitMQ')).to.deep.equal([]);
  });
});
