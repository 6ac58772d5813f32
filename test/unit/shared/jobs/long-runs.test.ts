import { expect } from 'chai';
import { done, EngineWorld, gate } from '../../../support/engine-world.ts';
import type { StoreCall } from '../../../support/memory-job-store.ts';
import { settled } from '../../../support/virtual-clock.ts';

const isPark = ({ transition }: StoreCall): boolean => transition?.name === 'park';
const MINUTE_MS = 60_000;

describe('a long run', () => {
  let world: EngineWorld;
  let hold: ReturnType<typeof gate>;
  let long: string;

  beforeEach(async () => {
    world = new EngineWorld();
    hold = gate();
    // Its stage may take an hour.
    const type = world.pipelines.typeOf('job');
    Object.assign(type.stages[0]!, { timeoutMs: 60 * MINUTE_MS });
    world.script = (job, stage) => (job.record.id === long ? hold.script(job, stage) : done);
    long = await world.insert();
  });

  it('of ten minutes, is acknowledged early; its lease guards it and its commit counts', async () => {
    await world.worker({ slots: 1, stages: ['p1'] });
    await world.ring(long);
    await world.clock.advance(10 * MINUTE_MS - 1);
    expect(world.inQueue('p1')).to.equal(1);
    await world.clock.advance(5_001);
    expect([world.inQueue('p1'), world.state(long)]).to.deep.equal([0, 'RUNNING']);
    hold.open();
    await settled();
    expect(world.record(long).stage).to.equal(1);
  });

  it('that only this node has seen claimed, is not acknowledged early', async () => {
    await world.worker({ slots: 1, stages: ['p1'] });
    world.store.isReplicationHeld = true;
    await world.ring(long);
    await world.clock.advance(11 * MINUTE_MS);
    expect(world.inQueue('p1')).to.equal(1);
  });

  it('acknowledged early, parks the bells behind it after 60 s for the relay; another worker then runs them', async () => {
    const { engine, consumer } = await world.worker({ slots: 1, stages: ['p1'] });
    await world.ring(long);
    await world.clock.advance(11 * MINUTE_MS);
    const id = await world.insert();
    await world.ring(id);
    await world.clock.advance(59_000);
    expect([world.inQueue('p1'), engine.counters.parked]).to.deep.equal([1, 0]);
    await world.clock.advance(7_000);
    expect([world.inQueue('p1'), engine.counters.parked, engine.waiting]).to.deep.equal([0, 1, 0]);
    await world.clock.advance(5_000);
    await consumer.cancel();
    await world.worker({ owner: 'worker-2' });
    await world.relayNow();
    await world.until(id, 'COMPLETED');
  });

  it('acknowledged early, does not swallow a dead letter that was moved to the queue behind it: its job is replayed', async () => {
    const { engine } = await world.worker({ slots: 1, stages: ['p1'] });
    await world.ring(long);
    await world.clock.advance(11 * MINUTE_MS);
    const id = await world.insert();
    world.patch(id, { state: 'FAILED', gen: 2, pub: {} });
    await world.ring(id, { gen: 2 });
    await world.clock.advance(70_000);
    expect([world.state(id), world.record(id).run, engine.counters.replayed]).to.deep.equal(['QUEUED', 1, 1]);
    hold.open();
    await world.relayNow();
    await settled();
    expect(world.record(id).stage).to.equal(1);
  });

  it('not yet acknowledged early, parks nothing', async () => {
    const { engine } = await world.worker({ slots: 1, stages: ['p1'] });
    await world.ring(long);
    await world.ring(await world.insert());
    await world.clock.advance(9 * MINUTE_MS);
    expect([engine.counters.parked, engine.waiting]).to.deep.equal([0, 1]);
  });

  it('that ends while a bell behind it could not be parked, lets that bell start: it is not forgotten', async () => {
    const { engine } = await world.worker({ slots: 1, stages: ['p1'] });
    await world.ring(long);
    await world.clock.advance(11 * MINUTE_MS);
    const id = await world.insert();
    await world.ring(id);
    world.store.hook = async (call) => {
      if (!isPark(call)) return;
      // The slot becomes free while the bell is out of the queue, and the store is away for the park.
      hold.open();
      await settled();
      world.store.failBefore(1, isPark);
    };
    await world.clock.advance(70_000);
    expect(world.record(long).stage).to.equal(1);
    expect([world.record(id).stage, engine.waiting]).to.deep.equal([1, 0]);
  });
});
