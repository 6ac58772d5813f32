import type { Channel, ConfirmChannel } from 'amqplib';
import { expect } from 'chai';
import type { Consumer, Delivery } from '../../shared/ports/message-bus.ts';
import { applyTopology } from '../../shared/rabbit/apply-topology.ts';
import { ChannelSupervisor } from '../../shared/rabbit/channel-supervisor.ts';
import { BrokerConnection } from '../../shared/rabbit/connection.ts';
import type { RabbitMessageBus } from '../../shared/rabbit/rabbit-message-bus.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { bell, ids } from '../contract/message-bus.contract.ts';
import { eventually } from '../support/eventually.ts';
import { busOn, look, newVhostWithTopology, putByHand, STAGES, type TestVhost } from '../support/rabbit.ts';
import { proxyTo, type RabbitProxy } from '../support/rabbit-proxy.ts';
import { silentLogger } from '../support/silent-logger.ts';

const QUEUE = 'jobline.p1.standard';

describe('consuming from RabbitMQ', function () {
  this.timeout(30_000);
  let vhost: TestVhost;
  let bus: RabbitMessageBus;
  let proxy: RabbitProxy | undefined;
  let consumer: Consumer;
  let got: Delivery[];
  let lines: { level: string; message: string; fields: object }[];

  beforeEach(async () => {
    vhost = await newVhostWithTopology();
    got = [];
    lines = [];
  });
  afterEach(async () => {
    proxy?.thaw();
    await bus.stop();
    await proxy?.close();
    proxy = undefined;
    await vhost.drop();
  });

  async function start(
    options: Parameters<typeof busOn>[1] & {
      address?: RabbitProxy['address'];
      onDelivery?: (delivery: Delivery) => void;
      prefetch?: number;
    } = {},
  ): Promise<void> {
    const { address, onDelivery, prefetch = 100, ...more } = options;
    bus = busOn({ ...vhost, ...address }, { lines, ...more });
    await bus.start();
    consumer = await bus.consume({
      stages: ['p1'],
      prefetch: { express: prefetch, standard: prefetch, bulk: prefetch, overflow: prefetch },
      onDelivery: (delivery) => {
        got.push(delivery);
        onDelivery?.(delivery);
      },
    });
  }

  function apply(): Promise<unknown> {
    return applyTopology({ ...vhost, stageNames: STAGES, mode: 'per-stage', logger: silentLogger() });
  }

  it('acknowledged after a reconnect, a delivery of the old channel acknowledges no other message', async () => {
    proxy = await proxyTo(vhost);
    await start({ address: proxy.address });
    await bus.publish([bell('a'), bell('b')]);
    await eventually('two deliveries', () => got.length === 2);
    proxy.cut();
    await eventually('both again', () => got.length === 4 && consumer.isHealthy());
    expect(ids(got)).to.deep.equal(['a', 'b', 'a', 'b']);
    expect(got.map(({ redelivered }) => redelivered)).to.deep.equal([false, false, true, true]);
    // Tag 2 of the old channel; on the new one it is the redelivered b.
    got[1]!.ack();
    got[2]!.ack();
    await consumer.close();
    expect(bus.stats()).to.include({ lateAcks: 1, acked: 1, redeliveries: 2 });
    expect((await look(vhost, QUEUE)).map(({ payload }) => payload)).to.deep.equal(['{"v":1,"stage":0,"jobs":[{"id":"b","gen":1}]}']);
  });

  it('many settled in one turn, are acknowledged in few frames, and none behind an open one is lost', async () => {
    await start({ prefetch: 1_000 });
    const count = 600;
    await bus.publish(Array.from({ length: count }, (_, index) => bell(`job-${index}`)));
    await eventually('all', () => got.length === count);
    for (const [index, delivery] of got.entries()) if (index !== 300) delivery.ack();
    await eventually('all but the open one', () => bus.stats().acked === count - 1);
    expect(bus.stats().ackFrames, 'one for the first 300, one each behind the open one').to.equal(1 + 299);
    // A close undoes what the broker has not passed on to the queue yet; its figures are up to 5 s old.
    await eventually('the broker to be through with them', async () => (await bus.queueDepths()).get(QUEUE)?.unacked === 1, 20_000);
    await consumer.close();
    expect((await look(vhost, QUEUE)).map(({ payload }) => payload)).to.deep.equal(['{"v":1,"stage":0,"jobs":[{"id":"job-300","gen":1}]}']);
  });

  it('its queue deleted, is unhealthy until the topology is applied again, then consumes', async () => {
    await start();
    await vhost.api.delete(vhost.api.inVhost('queues', QUEUE));
    await eventually('no health', () => !consumer.isHealthy());
    await eventually('a try that fails', () => lines.some(({ fields }) => JSON.stringify(fields).includes('NOT_FOUND')));
    expect(consumer.isHealthy()).to.equal(false);
    await apply();
    await eventually('health', () => consumer.isHealthy());
    await bus.publish([bell('a')]);
    await eventually('a delivery', () => got.length === 1);
    expect(bus.stats().reconnects).to.equal(0);
  });

  it('a half-open connection, is noticed by heartbeat and replaced', async () => {
    proxy = await proxyTo(vhost);
    await start({ address: proxy.address, heartbeatSeconds: 1 });
    proxy.freeze();
    await eventually('no health', () => !consumer.isHealthy(), 6_000);
    proxy.thaw();
    await eventually('health', () => consumer.isHealthy(), 20_000);
  });

  it('the broker without an answer, holds up neither cancel nor close', async () => {
    proxy = await proxyTo(vhost);
    await start({ address: proxy.address });
    await bus.publish([bell('a')]);
    await eventually('a delivery', () => got.length === 1);
    proxy.freeze();
    const before = performance.now();
    await consumer.cancel();
    await consumer.close();
    expect(performance.now() - before).to.be.below(7_000);
    got[0]!.ack();
    expect(bus.stats().lateAcks).to.equal(1);
  });

  it('started while the broker is away, consumes when it comes', async () => {
    proxy = await proxyTo(vhost);
    proxy.refuse(true);
    const starting = start({ address: proxy.address });
    await eventually('a consumer that is being started', () =>
      lines.some(({ message, fields }) => message.includes('failed') && JSON.stringify(fields).includes('consume')),
    );
    proxy.refuse(false);
    await starting;
    await eventually('health', () => consumer.isHealthy() && bus.canPublish());
    await bus.publish([bell('a')]);
    await eventually('a delivery', () => got.length === 1);
  });

  it('a taker that throws, leaves the message unacknowledged and the consumer alive', async () => {
    await start({
      onDelivery: ({ bells }) => {
        if (bells[0]!.id === 'bad') throw new Error('a fault of ours');
      },
    });
    await bus.publish([bell('bad'), bell('good')]);
    await eventually('both', () => got.length === 2);
    expect(consumer.isHealthy()).to.equal(true);
    expect(lines.filter(({ level }) => level === 'error')).to.have.length(1);
    got[1]!.ack();
    await consumer.close();
    expect(await look(vhost, QUEUE)).to.have.length(1);
  });

  describe('malformed messages', () => {
    it('one by hand, arrives in the dead-letter queue as it was, with reason, code and queue', async () => {
      await start();
      await putByHand(vhost, QUEUE, '{"v":1}', {
        headers: { 'x-mine': 'kept', nested: { a: [1, 'b', true] } },
        message_id: 'by-hand',
        content_type: 'text/plain',
      });
      await eventually('the letter', async () => (await bus.deadLetterDepth('p1')) === 1);
      const [letter] = await look(vhost, 'jobline.p1.dlq');
      expect(letter).to.include({ payload: '{"v":1}', exchange: 'jobline.p1.dlx' });
      expect(letter!.properties).to.include({ message_id: 'by-hand', content_type: 'text/plain', delivery_mode: 2 });
      expect(letter!.properties.headers).to.deep.include({ 'x-mine': 'kept', nested: { a: [1, 'b', true] } });
      expect(letter!.properties.headers).to.include({
        'x-jobline-reason': '"stage" must be an integer, 0 to 99',
        'x-jobline-code': 'malformed',
        'x-jobline-queue': QUEUE,
      });
      await eventually('its acknowledgement', () => bus.stats().acked === 1);
      expect(got).to.deep.equal([]);
      expect(bus.stats().malformed).to.equal(1);
    });

    it('one of a newer release, is parked with a code of its own', async () => {
      await start();
      await putByHand(vhost, QUEUE, '{"v":2,"stage":"p1"}');
      await eventually('the letter', async () => (await bus.deadLetterDepth('p1')) === 1);
      expect((await look(vhost, 'jobline.p1.dlq'))[0]!.properties.headers).to.include({ 'x-jobline-code': 'newer_version' });
    });

    it('one that cannot be parked, stays in its queue until it can', async () => {
      await start();
      await vhost.api.delete(vhost.api.inVhost('exchanges', 'jobline.p1.dlx'));
      await putByHand(vhost, QUEUE, 'rubbish');
      await eventually('a try', () => bus.stats().unknown > 0);
      expect(bus.stats()).to.include({ malformed: 1, acked: 0 });
      await apply();
      await eventually('the letter', async () => (await bus.deadLetterDepth('p1')) >= 1);
      await eventually('its acknowledgement', () => bus.stats().acked === 1);
    });

    it('one with 60 kB of headers, is parked without them', async () => {
      await start();
      await putByHand(vhost, QUEUE, 'rubbish', { headers: { big: 'x'.repeat(60_000) } });
      await eventually('the letter', async () => (await bus.deadLetterDepth('p1')) === 1);
      expect((await look(vhost, 'jobline.p1.dlq'))[0]!.properties.headers).to.not.have.property('big');
    });
  });

  describe('a channel that the server closes', () => {
    /** Keeps one bare channel, and what happened to it. */
    function keepChannel(): { supervisor: ChannelSupervisor<Channel>; channels: Channel[]; connection: BrokerConnection } {
      const channels: Channel[] = [];
      const logger = silentLogger(lines);
      const connection = new BrokerConnection({
        name: 'test',
        urls: [vhost.amqpUrl],
        heartbeatSeconds: 10,
        retryMaxMs: 1_000,
        logger,
        clock: systemClock,
        onReconnect: () => undefined,
      });
      const supervisor = new ChannelSupervisor<Channel>(
        {
          name: 'test',
          open: (model) => model.createConfirmChannel(),
          setUp: async (channel) => {
            channels.push(channel);
            await channel.checkExchange('jobline.stages');
          },
          onGone: () => undefined,
        },
        { connection, logger, clock: systemClock, onRebuild: () => undefined },
      );
      connection.start();
      supervisor.start();
      bus = { stop: () => supervisor.stop().then(() => connection.stop()) } as RabbitMessageBus;
      return { supervisor, channels, connection };
    }

    const faults: Readonly<Record<string, (channel: Channel) => unknown>> = {
      'for an acknowledgement of an unknown tag': (channel) => channel.ack({ fields: { deliveryTag: 99 } } as never),
      'for publishing to a missing exchange': (channel) => (channel as ConfirmChannel).publish('missing', '', Buffer.from('x')),
      'for a missing queue': (channel) => channel.checkQueue('missing').catch(() => undefined),
      'that we close ourselves': (channel) => channel.close(),
    };
    for (const [what, fault] of Object.entries(faults)) {
      it(`${what}, is opened again on the same connection, every time`, async () => {
        const { supervisor, channels, connection } = keepChannel();
        for (const round of [1, 2]) {
          await eventually('a live channel', () => supervisor.isLive && channels.length === round);
          const before = connection.current;
          fault(channels.at(-1)!);
          await eventually('its end', () => !supervisor.isLive);
          await eventually('the next', () => supervisor.isLive);
          expect(connection.current, 'the connection was not touched').to.equal(before);
        }
        expect(channels).to.have.length(3);
      });
    }
  });
});
