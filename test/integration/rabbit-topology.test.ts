import { connect } from 'amqplib';
import { expect } from 'chai';
import { TopologyError } from '../../shared/domain/failures.ts';
import { applyTopology, type TopologyReport } from '../../shared/rabbit/apply-topology.ts';
import { checkTopology } from '../../shared/rabbit/check-topology.ts';
import type { TopologyMode } from '../../shared/rabbit/topology.ts';
import { bell } from '../contract/message-bus.contract.ts';
import { eventually } from '../support/eventually.ts';
import { busOn, look, newVhost, newVhostWithTopology, putByHand, STAGES, type TestVhost } from '../support/rabbit.ts';
import { silentLogger } from '../support/silent-logger.ts';

describe('topology in RabbitMQ', function () {
  this.timeout(30_000);
  let vhost: TestVhost;
  afterEach(() => vhost.drop());

  function apply(mode: TopologyMode = 'per-stage', more: object = {}): Promise<TopologyReport> {
    return applyTopology({ ...vhost, stageNames: STAGES, mode, logger: silentLogger(), ...more });
  }

  async function failureOf(work: Promise<unknown>): Promise<Error> {
    const error = await work.then(
      () => undefined,
      (one: unknown) => one,
    );
    expect(error).to.be.instanceOf(Error);
    return error as Error;
  }

  async function withChannel(
    use: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>) => Promise<unknown>,
  ): Promise<void> {
    const connection = await connect(vhost.amqpUrl);
    await use(await connection.createChannel());
    await connection.close();
  }

  for (const mode of ['per-stage', 'single'] as const) {
    it(`applied twice, ${mode}, makes everything once and passes the check`, async () => {
      vhost = await newVhost();
      const first = await apply(mode);
      expect(first.changes).to.include('exchange jobline.stages made').and.include('policy jobline.p1.dlq made');
      expect(first.changes).to.include(`queue jobline.${mode === 'single' ? 'single' : 'p2'}.bulk made`);
      expect((await apply(mode)).changes).to.deep.equal([]);
      await checkTopology({ ...vhost, stageNames: STAGES, mode });
    });
  }

  it('queues, are quorum queues with no other argument, policies carry the rest', async () => {
    vhost = await newVhostWithTopology();
    const queues = await vhost.api.get<{ name: string; type: string; policy: string; arguments: object }[]>(
      `${vhost.api.inVhost('queues')}?disable_stats=true&enable_queue_totals=true`,
    );
    expect(queues).to.have.length(10);
    for (const queue of queues) {
      expect(queue, queue.name).to.include({
        type: 'quorum',
        policy: queue.name.endsWith('.dlq') ? queue.name : queue.name.split('.').slice(0, 2).join('.'),
      });
      expect(queue.arguments).to.deep.equal({ 'x-queue-type': 'quorum' });
    }
    const policy = await vhost.api.get<{ definition: object }>(vhost.api.inVhost('policies', 'jobline.p1'));
    expect(policy.definition).to.include({
      'dead-letter-exchange': 'jobline.p1.dlx',
      'dead-letter-strategy': 'at-least-once',
      overflow: 'reject-publish',
      'delivery-limit': 1000,
      'queue-leader-locator': 'balanced',
    });
  });

  it('a message rejected in a stage queue, arrives in the dead-letter queue of its stage', async () => {
    vhost = await newVhostWithTopology();
    await putByHand(vhost, 'jobline.p2.bulk', 'x');
    await withChannel(async (channel) => {
      const message = await channel.get('jobline.p2.bulk');
      expect(message).to.not.equal(false);
      if (message) channel.reject(message, false);
      await eventually('the dead letter', async () => (await channel.checkQueue('jobline.p2.dlq')).messageCount === 1);
    });
    expect((await look(vhost, 'jobline.p2.dlq'))[0]!.payload).to.equal('x');
  });

  it('applied from three places at once, works', async () => {
    vhost = await newVhost();
    await Promise.all([apply(), apply(), apply()]);
    await checkTopology({ ...vhost, stageNames: STAGES, mode: 'per-stage' });
  });

  it('a policy that was changed by hand, is put right', async () => {
    vhost = await newVhostWithTopology();
    await vhost.api.put(vhost.api.inVhost('policies', 'jobline.p1'), {
      pattern: '^jobline\\.p1\\.',
      definition: { 'delivery-limit': 3 },
      'apply-to': 'queues',
      priority: 10,
    });
    expect((await apply()).changes).to.deep.equal(['policy jobline.p1 changed']);
  });

  it('a policy that outranks ours, is an error naming queue and policy', async () => {
    vhost = await newVhostWithTopology();
    await vhost.api.put(vhost.api.inVhost('policies', 'greedy'), {
      pattern: '.*',
      definition: { 'max-length': 5 },
      'apply-to': 'all',
      priority: 99,
    });
    const error = await failureOf(apply());
    expect(error).to.be.instanceOf(TopologyError);
    expect(error.message)
      .to.include('queue jobline.p1.express follows policy greedy instead of jobline.p1')
      .and.include('npm run topology apply');
  });

  it('an operator policy on one of our keys, is a warning', async () => {
    vhost = await newVhostWithTopology();
    await vhost.api.put(vhost.api.inVhost('operator-policies', 'cap'), {
      pattern: 'dlq$',
      definition: { 'max-length': 5 },
      'apply-to': 'queues',
      priority: 1,
    });
    expect((await apply()).warnings).to.deep.equal(
      STAGES.map((stage) => `operator policy cap sets max-length of queue jobline.${stage}.dlq`),
    );
  });

  for (const [what, args, found] of [
    // 3.10 shows no arguments, 4.0 `x-queue-type: classic`.
    ['a classic queue', {}, 'classic durable with arguments {'],
    ['a queue with one argument more', { 'x-queue-type': 'quorum', 'x-delivery-limit': 5 }, '"x-delivery-limit":5'],
  ] as const) {
    it(`${what} of our name, is an error with found and wanted, and nothing is changed`, async () => {
      vhost = await newVhost();
      await withChannel((channel) => channel.assertQueue('jobline.p1.bulk', { arguments: args }));
      const error = await failureOf(apply());
      expect(error).to.be.instanceOf(TopologyError);
      expect(error.message).to.include('queue jobline.p1.bulk: found').and.include(found);
      expect(error.message).to.include('wanted quorum durable with arguments {"x-queue-type":"quorum"}').and.include('delete it');
      expect((await vhost.api.get<unknown[]>(vhost.api.inVhost('queues'))).length).to.equal(1);
    });
  }

  it('an exchange of another type, is an error naming it', async () => {
    vhost = await newVhost();
    await withChannel((channel) => channel.assertExchange('jobline.stages', 'direct'));
    const error = await failureOf(apply());
    expect(error).to.be.instanceOf(TopologyError);
    expect(error.message).to.include('exchange jobline.stages').and.include("'direct'");
  });

  it('the other mode, is unbound so that no doorbell is routed twice, and what it holds is reported', async () => {
    vhost = await newVhostWithTopology('per-stage');
    await putByHand(vhost, 'jobline.p1.standard', 'left behind');
    const { changes, warnings } = await apply('single');
    expect(changes).to.include('queue jobline.p1.standard unbound from jobline.stages: it belongs to the other mode');
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('queue jobline.p1.standard of the other mode still holds 1 message(s)');
    const bus = busOn(vhost, { mode: 'single' });
    await bus.start();
    expect(await bus.publish([bell('a')])).to.deep.equal(['confirmed']);
    await bus.stop();
    expect(await look(vhost, 'jobline.p1.standard')).to.have.length(1);
    expect(await look(vhost, 'jobline.single.standard')).to.have.length(1);
    expect((await apply('per-stage')).changes).to.include(
      'queue jobline.single.bulk unbound from jobline.stages: it belongs to the other mode',
    );
  });

  it('missing parts, are all named by the check with the command', async () => {
    vhost = await newVhostWithTopology();
    await withChannel(async (channel) => {
      await channel.deleteQueue('jobline.p1.bulk');
      await channel.deleteExchange('jobline.p2.dlx');
    });
    const error = await failureOf(checkTopology({ ...vhost, stageNames: STAGES, mode: 'per-stage' }));
    expect(error).to.be.instanceOf(TopologyError);
    expect(error.message).to.include('exchange jobline.p2.dlx, queue jobline.p1.bulk').and.include('`npm run topology apply`');
  });

  it('a service started without topology, fails with the same message', async () => {
    vhost = await newVhost();
    const bus = busOn(vhost);
    const error = await failureOf(bus.start());
    expect(error).to.be.instanceOf(TopologyError);
    expect(error.message).to.include('RabbitMQ lacks 14 part(s)').and.include('queue jobline.p2.dlq');
    await bus.stop();
  });

  it('no management API, is an error that says what is needed', async () => {
    vhost = await newVhost();
    const error = await failureOf(apply('per-stage', { managementUrl: 'http://127.0.0.1:1' }));
    expect(error.message).to.include('127.0.0.1:1').and.include('management plugin');
  });

  it('a wrong password, is an error without the password, for broker and management alike', async () => {
    vhost = await newVhost();
    const url = new URL(vhost.amqpUrl);
    url.password = 'wrong-secret';
    const broker = await failureOf(apply('per-stage', { amqpUrl: url.toString() }));
    expect(broker.message).to.include(url.host).and.include('ACCESS').and.not.include('secret');
    const managementUrl = vhost.managementUrl.replace('://', '://nobody:wrong-secret@');
    const management = await failureOf(apply('per-stage', { managementUrl }));
    expect(management.message).to.include('401').and.include('policymaker').and.not.include('secret');
  });

  it('no broker, is an error within the time to wait', async () => {
    vhost = await newVhost();
    const error = await failureOf(apply('per-stage', { amqpUrl: 'amqp://u:secret@127.0.0.1:1/', waitMs: 600 }));
    expect(error.message).to.include('127.0.0.1:1').and.include('ECONNREFUSED').and.not.include('secret');
  });
});
