import { expect } from 'chai';
import { MARK_AFTER_MS } from '../../../../shared/jobs/lazy-marks.ts';
import { done, EngineWorld, gate } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

describe('a message of several jobs', () => {
  let world: EngineWorld;
  let ids: string[];
  beforeEach(async () => {
    world = new EngineWorld();
    ids = [];
    for (let count = 0; count < 5; count += 1) ids.push(await world.insert({ type: 'quick', lane: 'bulk' }));
    const bells = ids.map((id) => ({ id, gen: 1 }));
    await world.bus.publish([{ stageName: 'p1', stage: 0, lane: 'bulk', type: 'quick', bells }]);
  });

  /** A worker that took the message and was killed before it did anything. */
  async function redeliver(): Promise<void> {
    const lost = await world.bus.consume({
      stages: ['p1'],
      prefetch: { express: 1, standard: 1, bulk: 1, overflow: 1 },
      onDelivery: () => undefined,
    });
    await settled();
    await lost.close();
  }

  it('delivered first, is claimed together, acknowledged once all are settled', async () => {
    const { bus } = await world.worker({ stages: ['p1'] });
    await settled();
    expect(world.asked('claim')).to.equal(1);
    expect(ids.map((id) => world.record(id).stage)).to.deep.equal([1, 1, 1, 1, 1]);
    expect(bus.published.filter(({ message }) => message.stage === 0)).to.have.length(0);
    expect(world.inQueue('p1', 'bulk')).to.equal(0);
  });

  it('of which one takes its time, is acknowledged only when the last one is settled', async () => {
    const hold = gate();
    const slow = await world.insert({ lane: 'bulk' });
    const quick = await world.insert({ lane: 'bulk' });
    world.script = (job, stage) => (job.record.id === slow ? hold.script(job, stage) : done);
    const bells = [slow, quick].map((id) => ({ id, gen: 1 }));
    await world.bus.publish([{ stageName: 'p1', stage: 0, lane: 'bulk', type: 'job', bells }]);
    await world.worker({ stages: ['p1'] });
    await world.clock.advance(1_000);
    expect([world.record(quick).stage, world.inQueue('p1', 'bulk')]).to.deep.equal([1, 1]);
    hold.open();
    await settled();
    expect([world.record(slow).stage, world.inQueue('p1', 'bulk')]).to.deep.equal([1, 0]);
  });

  it('redelivered, is owed job by job, durably, before it is acknowledged and before any is claimed, and then rung singly', async () => {
    await redeliver();
    const events: string[] = [];
    const queue = world.bus.queueOf('p1', 'bulk');
    world.store.hook = ({ method, transition }) => {
      if (method === 'claim') events.push('claim');
      if (transition?.name === 'rearm') events.push(`${transition.durability} rearm, held ${world.broker.unackedCount(queue)}`);
    };
    const { bus } = await world.worker({ stages: ['p1'] });
    await world.clock.advanceUntil('all committed', () => ids.every((id) => world.record(id).stage === 1));
    const singles = bus.published.filter(({ message }) => message.stage === 0);
    expect(singles.map(({ message }) => [message.lane, message.bells])).to.deep.equal(ids.map((id) => ['bulk', [{ id, gen: 1 }]]));
    expect(events.slice(0, 2)).to.deep.equal(['majority rearm, held 1', 'claim']);
    expect(world.inQueue('p1', 'bulk')).to.equal(0);
  });

  it('redelivered, has fresh marks: the audit does not take bells at the tail for lost', async () => {
    await redeliver();
    for (const id of ids) world.patch(id, { pub: { at: new Date(world.clock.now().getTime() - 3_600_000), by: 'old' } });
    const { engine, bus } = await world.worker({ stages: ['p1'], slots: 1, prefetch: 1 });
    const startedAt = world.clock.now();
    world.script = gate().script;
    await world.clock.advance(MARK_AFTER_MS + 100);
    expect([engine.running, bus.published.length]).to.deep.equal([1, 5]);
    for (const id of ids.filter((one) => world.state(one) === 'QUEUED')) {
      expect(world.record(id).pub!.at!.getTime()).to.be.at.least(startedAt.getTime());
    }
  });

  it('redelivered while the broker takes nothing, is acknowledged and stays owed until it does', async () => {
    await redeliver();
    const { bus } = await world.worker({ stages: ['p1'] });
    bus.isBlocked = true;
    await world.clock.advance(16_000);
    expect([world.inQueue('p1', 'bulk'), world.asked('claim')]).to.deep.equal([0, 0]);
    bus.isBlocked = false;
    expect(await world.relayNow()).to.equal(5);
    await world.clock.advanceUntil('all committed', () => ids.every((id) => world.record(id).stage === 1));
  });

  it('redelivered, and the answer of the store gets lost: what is tried again is a debt of its own, and each is rung once', async () => {
    await redeliver();
    const debts: string[] = [];
    world.store.onChange = (_, { pub }, transition) => void (transition?.name === 'rearm' && debts.push(pub!.by!));
    world.store.failAfter(1, ({ transition }) => transition?.name === 'rearm');
    const { bus } = await world.worker({ stages: ['p1'] });
    await world.clock.advanceUntil('all committed', () => ids.every((id) => world.record(id).stage === 1));
    expect(debts).to.have.length(10);
    expect(debts.slice(0, 5).filter((token) => debts.slice(5).includes(token))).to.deep.equal([]);
    expect(bus.published.filter(({ message }) => message.stage === 0)).to.have.length(5);
  });

  it('redelivered while the store is away, is not acknowledged when the worker stops meanwhile', async () => {
    await redeliver();
    world.store.failBefore(1_000_000);
    const { engine, consumer } = await world.worker({ stages: ['p1'] });
    await world.clock.advance(1_000);
    await consumer.cancel();
    const drained = engine.drain(1_000);
    await world.clock.advance(10_000);
    await drained;
    expect(world.inQueue('p1', 'bulk')).to.equal(1);
    world.store.heal();
    await consumer.close();
    await world.worker({ stages: ['p1'], owner: 'worker-2' });
    await world.clock.advanceUntil('all committed', () => ids.every((id) => world.record(id).stage === 1));
  });

  it('redelivered with a failed job among the others (a request for its replay, made by hand), is looked into', async () => {
    world.patch(ids[2]!, { state: 'FAILED', active: undefined as never, expireAt: new Date(), doneAt: new Date() });
    await redeliver();
    await world.worker({ stages: ['p1'] });
    await world.clock.advanceUntil('all committed', () => ids.every((id) => world.record(id).stage === 1));
    expect(ids.map((id) => world.record(id).run)).to.deep.equal([0, 0, 1, 0, 0]);
  });

  it('redelivered with a type that is not known here, owes that bell again and drops those of jobs that are gone', async () => {
    await redeliver();
    world.patch(ids[1]!, { type: 'from-a-newer-release', pub: { at: world.clock.now(), by: 'old' } });
    world.store.forget(ids[3]!);
    await world.worker({ stages: ['p1'] });
    await world.clock.advance(1_000);
    expect([0, 2, 4].map((index) => world.record(ids[index]!).stage)).to.deep.equal([1, 1, 1]);
    expect(world.record(ids[1]!)).to.deep.include({ state: 'QUEUED', gen: 1 });
    expect(world.record(ids[1]!).pub?.due).to.be.instanceOf(Date);
    expect(world.inQueue('p1', 'bulk')).to.equal(0);
  });
});
