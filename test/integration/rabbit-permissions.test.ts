import { type ConfirmChannel, connect } from 'amqplib';
import { expect } from 'chai';
import { type Account, accountsOf } from '../../deploy/accounts/accounts.ts';
import type { Delivery } from '../../shared/ports/message-bus.ts';
import { applyTopology } from '../../shared/rabbit/apply-topology.ts';
import { bell, dead, ids } from '../contract/message-bus.contract.ts';
import { eventually } from '../support/eventually.ts';
import { busOn, newVhostWithTopology, putByHand, STAGES, type TestVhost } from '../support/rabbit.ts';
import { silentLogger } from '../support/silent-logger.ts';

const ACTS: Readonly<Record<string, (channel: ConfirmChannel) => unknown>> = {
  'ring any stage': (channel) => channel.publish('jobline.stages', 'stage.p1.bulk.report', Buffer.from('{}')),
  'publish an event': (channel) => channel.publish('jobline.events', 'job.report.completed', Buffer.from('{}')),
  'bury at p1': (channel) => channel.publish('jobline.p1.dlx', '', Buffer.from('{}')),
  'bury at p2': (channel) => channel.publish('jobline.p2.dlx', '', Buffer.from('{}')),
  'publish into a queue': (channel) => channel.publish('', 'jobline.p1.dlq', Buffer.from('{}')),
  'take from p1': (channel) => channel.get('jobline.p1.standard'),
  'take from p2': (channel) => channel.get('jobline.p2.standard'),
  'take dead letters': (channel) => channel.get('jobline.p1.dlq'),
  'purge a stage queue': (channel) => channel.purgeQueue('jobline.p2.bulk'),
  'declare a queue of ours': (channel) => channel.assertQueue('jobline.p1.more', { arguments: { 'x-queue-type': 'quorum' } }),
  'declare a queue of another name': (channel) => channel.assertQueue('others', { arguments: { 'x-queue-type': 'quorum' } }),
  'delete a queue': (channel) => channel.deleteQueue('jobline.p1.more'),
  'unbind a queue': (channel) => channel.unbindQueue('jobline.p2.bulk', 'jobline.stages', 'no.such.key'),
};
const EVERYBODY_RINGS = ['ring any stage', 'publish an event'];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  prepare: Object.keys(ACTS).filter((act) => !['publish into a queue', 'declare a queue of another name'].includes(act)),
  gateway: EVERYBODY_RINGS,
  'p1-worker': [...EVERYBODY_RINGS, 'bury at p1', 'take from p1'],
  'p2-worker': [...EVERYBODY_RINGS, 'bury at p2', 'take from p2', 'purge a stage queue'],
  'single-worker': EVERYBODY_RINGS,
  scheduler: [...EVERYBODY_RINGS, 'bury at p1', 'bury at p2', 'publish into a queue', 'take dead letters'],
};

describe("services' accounts in RabbitMQ", function () {
  this.timeout(30_000);
  let vhost: TestVhost;
  let users: string[];

  beforeEach(async () => {
    vhost = await newVhostWithTopology();
    users = [];
  });
  afterEach(async () => {
    for (const user of users) await vhost.api.delete(`/api/users/${user}`);
    await vhost.drop();
  });

  /** The virtual host as seen by a service's account. */
  async function as(service: string): Promise<{ amqpUrl: string; managementUrl: string }> {
    const { broker } = accountsOf(STAGES).find(({ name }) => name === service) as Account;
    const { tags, ...rights } = broker;
    const user = `${vhost.name}-${service}`;
    users.push(user);
    await vhost.api.put(`/api/users/${user}`, { password: 'a-password', tags });
    await vhost.api.put(vhost.api.inVhost('permissions', user), rights);
    const url = new URL(vhost.amqpUrl);
    url.username = user;
    url.password = 'a-password';
    return { amqpUrl: url.toString(), managementUrl: vhost.managementUrl };
  }

  it('the table of this test, names every account', () => {
    expect(accountsOf(STAGES).map(({ name }) => name)).to.have.members(Object.keys(ALLOWED));
  });

  for (const [service, allowed] of Object.entries(ALLOWED)) {
    it(`${service}, may ${allowed.join(', ')}, and nothing else`, async () => {
      const { amqpUrl } = await as(service);
      const connection = await connect(amqpUrl);
      const done: string[] = [];
      for (const [what, act] of Object.entries(ACTS)) {
        const channel = await connection.createConfirmChannel();
        if (await isAllowed(channel, act)) done.push(what);
      }
      await connection.close();
      expect(done).to.have.members([...allowed]);
    });
  }

  it('prepare, applies the topology with its policies', async () => {
    const { changes } = await applyTopology({
      ...(await as('prepare')),
      stageNames: [...STAGES, 'p3'],
      mode: 'per-stage',
      logger: silentLogger(),
    });
    expect(changes).to.include('policy jobline.p3 made').and.include('queue jobline.p3.bulk made');
  });

  it('gateway, worker and scheduler, do all of their work', async () => {
    const [gateway, worker, scheduler] = [busOn(await as('gateway')), busOn(await as('p1-worker')), busOn(await as('scheduler'))];
    const got: Delivery[] = [];
    try {
      await Promise.all([gateway.start(), worker.start(), scheduler.start()]);
      await worker.consume({
        stages: ['p1'],
        prefetch: { express: 10, standard: 10, bulk: 10, overflow: 10 },
        onDelivery: (delivery) => {
          got.push(delivery);
          delivery.ack();
        },
      });
      await putByHand(vhost, 'jobline.p1.standard', 'rubbish');
      expect(await gateway.publish([bell('a')])).to.deep.equal(['confirmed']);
      expect(await worker.publish([bell('b', { stageName: 'p2', stage: 1 })])).to.deep.equal(['confirmed']);
      expect(await scheduler.publish([bell('c'), dead('d')])).to.deep.equal(['confirmed', 'confirmed']);
      await eventually('both doorbells', () => got.length === 2);
      expect(ids(got)).to.have.members(['a', 'c']);
      await eventually('the malformed one and the dead one', async () => (await scheduler.deadLetterDepth('p1')) === 2);
      await scheduler.walkDeadLetters('p1', 10, ({ keep }) => keep());
      expect(await gateway.deadLetterDepth('p1')).to.equal(2);
      expect(await scheduler.purgeDeadLetters('p1')).to.equal(2);
      for (const bus of [gateway, scheduler])
        await eventually('figures of the queues', async () => (await bus.queueDepths()).has('jobline.p1.standard'), 15_000);
    } finally {
      await Promise.all([gateway.stop(), worker.stop(), scheduler.stop()]);
    }
  });
});

async function isAllowed(channel: ConfirmChannel, act: (channel: ConfirmChannel) => unknown): Promise<boolean> {
  let code: number | undefined;
  channel.on('error', (error: { code?: number }) => {
    code = error.code;
  });
  try {
    await act(channel);
    // Answered after everything before it.
    await channel.checkExchange('amq.topic');
    await channel.close();
    return true;
  } catch (error) {
    if ((code ?? (error as { code?: number }).code) !== 403) throw error;
    return false;
  }
}
