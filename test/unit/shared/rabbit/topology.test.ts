import { expect } from 'chai';
import { parseVersion } from '../../../../shared/rabbit/apply-topology.ts';
import { consumedQueues } from '../../../../shared/rabbit/consumer.ts';
import { policiesFor, queueOf, stageRoutingKey, topologyOf, typeInRoutingKey } from '../../../../shared/rabbit/topology.ts';

const STAGES = ['p1', 'p2'];

describe('topology', () => {
  it('per stage, has four lanes and a dead-letter queue a stage', () => {
    const topology = topologyOf({ stageNames: STAGES, mode: 'per-stage' });
    expect(topology.exchanges).to.deep.equal([
      { name: 'jobline.stages', type: 'topic' },
      { name: 'jobline.events', type: 'topic' },
      { name: 'jobline.p1.dlx', type: 'fanout' },
      { name: 'jobline.p2.dlx', type: 'fanout' },
    ]);
    expect(topology.stageQueues).to.deep.equal(
      STAGES.flatMap((stage) => ['express', 'standard', 'bulk', 'overflow'].map((lane) => `jobline.${stage}.${lane}`)),
    );
    expect(topology.deadLetterQueues).to.deep.equal(['jobline.p1.dlq', 'jobline.p2.dlq']);
    expect(topology.stageBindings).to.deep.include({ exchange: 'jobline.stages', queue: 'jobline.p2.bulk', routingKey: 'stage.p2.bulk.*' });
    expect(topology.retiredBindings.map(({ queue }) => queue)).to.deep.equal([
      'jobline.single.express',
      'jobline.single.standard',
      'jobline.single.bulk',
      'jobline.single.overflow',
    ]);
  });

  it('single, has four queues for all stages and keeps the dead-letter queue of each', () => {
    const topology = topologyOf({ stageNames: STAGES, mode: 'single' });
    expect(topology.stageQueues).to.deep.equal([
      'jobline.single.express',
      'jobline.single.standard',
      'jobline.single.bulk',
      'jobline.single.overflow',
    ]);
    expect(topology.deadLetterQueues).to.deep.equal(['jobline.p1.dlq', 'jobline.p2.dlq', 'jobline.single.dlq']);
    expect(topology.stageBindings).to.deep.include({
      exchange: 'jobline.stages',
      queue: 'jobline.single.bulk',
      routingKey: 'stage.*.bulk.*',
    });
  });

  for (const mode of ['per-stage', 'single'] as const) {
    it(`${mode}, every queue has exactly one policy`, () => {
      const topology = topologyOf({ stageNames: ['p1', 'p10', 'p1-b'], mode });
      const policies = policiesFor(topology, [4, 2]);
      for (const queue of [...topology.stageQueues, ...topology.deadLetterQueues]) {
        expect(
          policies.filter(({ pattern }) => new RegExp(pattern).test(queue)),
          queue,
        ).to.have.length(1);
      }
    });
  }

  it('policies, leave out what the server does not know', () => {
    const topology = topologyOf({ stageNames: ['p1'], mode: 'per-stage' });
    const old = {
      'dead-letter-exchange': 'jobline.p1.dlx',
      'dead-letter-strategy': 'at-least-once',
      overflow: 'reject-publish',
      'delivery-limit': 1000,
      'queue-leader-locator': 'balanced',
    };
    const buried = { 'max-length': 1_000_000, overflow: 'reject-publish' };
    const definitions = (version: readonly [number, number]) => policiesFor(topology, version).map(({ definition }) => definition);
    expect(definitions([3, 10])).to.deep.equal([old, buried]);
    expect(definitions([3, 12])).to.deep.equal([{ ...old, 'consumer-timeout': 1_800_000 }, buried]);
    expect(definitions([4, 0])).to.deep.equal([
      { ...old, 'consumer-timeout': 1_800_000 },
      { ...buried, 'delivery-limit': -1 },
    ]);
  });

  for (const name of ['P1', 'p.1', '', '1p', 'single', 'a'.repeat(22), 'p*']) {
    it(`the stage name ${JSON.stringify(name)}, is refused`, () => {
      expect(() => topologyOf({ stageNames: [name], mode: 'per-stage' })).to.throw('Stage name');
    });
  }

  it('no stage at all, is refused', () => {
    expect(() => topologyOf({ stageNames: [], mode: 'per-stage' })).to.throw('at least one stage');
  });

  it('a routing key, carries the type there and back, and a stranger carries none', () => {
    expect(typeInRoutingKey(stageRoutingKey('p1', 'bulk', 'my-type'))).to.equal('my-type');
    for (const key of ['jobline.p1.standard', 'stage.p1.bulk', 'stage.p1.bulk.a.b', 'stage.p1.bulk.A', ''])
      expect(typeInRoutingKey(key), key).to.equal(undefined);
    for (const type of ['a.b', '*', '#', 'A', '']) expect(() => stageRoutingKey('p1', 'bulk', type), type).to.throw('cannot be routed');
  });

  it('a lane with several queues, shares its prefetch out', () => {
    const prefetch = { express: 5, standard: 4, bulk: 1, overflow: 1 };
    expect(consumedQueues('per-stage', { stages: ['p1', 'p2'], prefetch }).map((part) => part.prefetch)).to.deep.equal([
      2, 2, 2, 2, 1, 1, 1, 1,
    ]);
    expect(consumedQueues('single', { stages: ['p1', 'p2'], prefetch })).to.deep.equal([
      { queue: queueOf('single', 'p1', 'express'), lane: 'express', prefetch: 5 },
      { queue: queueOf('single', 'p1', 'standard'), lane: 'standard', prefetch: 4 },
      { queue: queueOf('single', 'p1', 'bulk'), lane: 'bulk', prefetch: 1 },
      { queue: queueOf('single', 'p1', 'overflow'), lane: 'overflow', prefetch: 1 },
    ]);
  });

  it('a server version, is read to major and minor', () => {
    expect(parseVersion('3.10.8')).to.deep.equal([3, 10]);
    expect(parseVersion('4.0.5-beta')).to.deep.equal([4, 0]);
    expect(() => parseVersion('new')).to.throw('cannot be read');
  });
});
