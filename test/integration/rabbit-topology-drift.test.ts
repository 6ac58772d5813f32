import { connect } from 'amqplib';
import { expect } from 'chai';
import { TopologyError } from '../../shared/domain/failures.ts';
import { type ApplyTopologyOptions, applyTopology, type TopologyReport } from '../../shared/rabbit/apply-topology.ts';
import { checkTopology } from '../../shared/rabbit/check-topology.ts';
import { ManagementApi } from '../../shared/rabbit/management-api.ts';
import { bell } from '../contract/message-bus.contract.ts';
import { busOn, newVhost, newVhostWithTopology, putByHand, STAGES, type TestVhost } from '../support/rabbit.ts';
import { silentLogger } from '../support/silent-logger.ts';

describe('topology in RabbitMQ that differs', function () {
  this.timeout(30_000);
  let vhost: TestVhost;
  afterEach(() => vhost.drop());

  function apply(more: Partial<ApplyTopologyOptions> = {}): Promise<TopologyReport> {
    return applyTopology({ ...vhost, stageNames: STAGES, mode: 'per-stage', logger: silentLogger(), ...more });
  }

  async function addQueue(name: string, routingKey: string): Promise<void> {
    const connection = await connect(vhost.amqpUrl);
    const channel = await connection.createChannel();
    await channel.assertQueue(name, { arguments: { 'x-queue-type': 'quorum' } });
    await channel.bindQueue(name, 'jobline.stages', routingKey);
    await connection.close();
  }

  for (const exchange of ['jobline.stages', 'jobline.p1.dlx']) {
    it(`an alternate exchange on ${exchange} by policy, is an error, since it hides lost bindings`, async () => {
      vhost = await newVhostWithTopology();
      await vhost.api.put(vhost.api.inVhost('policies', 'catch-all'), {
        pattern: `^${exchange.replaceAll('.', '\\.')}$`,
        definition: { 'alternate-exchange': 'amq.fanout' },
        'apply-to': 'exchanges',
      });
      const error = await apply().catch((one: unknown) => one);
      expect(error).to.be.instanceOf(TopologyError);
      expect((error as Error).message).to.include(`exchange ${exchange} has one by policy catch-all`);
    });
  }

  it('an alternate exchange on the events exchange, is allowed', async () => {
    vhost = await newVhostWithTopology();
    await vhost.api.put(vhost.api.inVhost('policies', 'catch-all'), {
      pattern: '^jobline\\.events$',
      definition: { 'alternate-exchange': 'amq.fanout' },
      'apply-to': 'exchanges',
    });
    expect(await apply()).to.deep.include({ changes: [], warnings: [] });
  });

  it('a queue of a stage that is no more, is kept and a warning', async () => {
    vhost = await newVhostWithTopology();
    await addQueue('jobline.p3.bulk', 'stage.p3.bulk.*');
    const { changes, warnings } = await apply();
    expect(changes).to.deep.equal([]);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('jobline.p3.bulk is bound to jobline.stages by "stage.p3.bulk.*"').and.include('Unbind it');
  });

  it('a binding taken away by hand, is made again', async () => {
    vhost = await newVhostWithTopology();
    await vhost.api.delete(vhost.api.inVhost('bindings', 'e', 'jobline.stages', 'q', 'jobline.p1.bulk', 'stage.p1.bulk.*'));
    expect((await apply()).changes).to.deep.equal(['queue jobline.p1.bulk bound to jobline.stages by stage.p1.bulk.*']);
  });

  describe('without a management API', () => {
    // No broker's management listens on the default port of this name; AMQP goes to the test's broker all the same.
    const noManagement = { managementUrl: undefined };

    before(async function () {
      const isThere = await new ManagementApi('http://127.0.0.1:15672', 'amqp://127.0.0.1').get('/api/whoami').then(
        () => true,
        (error: { status?: number }) => error.status !== undefined,
      );
      if (isThere) this.skip();
    });

    it('makes all but the policies, and says how to set them', async () => {
      vhost = await newVhost();
      const { changes, warnings, policyCommands } = await apply(noManagement);
      expect(changes).to.include('exchange jobline.stages made').and.include('queue jobline.p2.bulk made');
      await checkTopology({ ...vhost, stageNames: STAGES, mode: 'per-stage' });
      expect(policyCommands).to.have.length(4);
      expect(policyCommands[0])
        .to.include(`rabbitmqctl set_policy -p '${vhost.name}'`)
        .and.include('\'{"dead-letter-exchange":"jobline.p1.dlx"');
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.include('RABBITMQ_MANAGEMENT_URL').and.include(policyCommands[3]);
      const bus = busOn(vhost);
      await bus.start();
      expect(await bus.publish([bell('a')])).to.deep.equal(['confirmed']);
      await bus.stop();
      expect((await apply()).changes, 'bindings were made too').to.deep.equal(
        ['jobline.p1', 'jobline.p2', 'jobline.p1.dlq', 'jobline.p2.dlq'].map((name) => `policy ${name} made`),
      );
    });

    it('applied again, changes nothing, and the other mode is unbound', async () => {
      vhost = await newVhostWithTopology();
      expect((await apply(noManagement)).changes).to.deep.equal([]);
      await putByHand(vhost, 'jobline.p1.standard', 'left behind');
      const { warnings } = await apply({ ...noManagement, mode: 'single' });
      expect(warnings[0]).to.include('queue jobline.p1.standard of the other mode still holds 1 message(s)');
      const bindings = await vhost.api.get<{ source: string; destination: string }[]>(vhost.api.inVhost('bindings'));
      expect(new Set(bindings.filter(({ source }) => source === 'jobline.stages').map(({ destination }) => destination))).to.deep.equal(
        new Set(['jobline.single.express', 'jobline.single.standard', 'jobline.single.bulk', 'jobline.single.overflow']),
      );
    });

    it('a queue with other arguments, is an error naming it', async () => {
      vhost = await newVhost();
      const connection = await connect(vhost.amqpUrl);
      await (await connection.createChannel()).assertQueue('jobline.p1.bulk');
      await connection.close();
      const error = await apply(noManagement).catch((one: unknown) => one);
      expect(error).to.be.instanceOf(TopologyError);
      expect((error as Error).message)
        .to.include('queue jobline.p1.bulk')
        .and.include('x-queue-type')
        .and.include('delete it');
    });
  });
});
