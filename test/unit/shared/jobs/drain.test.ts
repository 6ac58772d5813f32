import { expect } from 'chai';
import { done, EngineWorld, gate } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

describe('drain at shutdown', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('work that ends in time, is committed, acknowledged and marked', async () => {
    const hold = gate();
    world.script = hold.script;
    const { engine } = await world.worker({ stages: ['p1'] });
    const id = await world.submit();
    await settled();
    const drained = engine.drain(10_000);
    await world.clock.advance(5_000);
    hold.open();
    await drained;
    expect(world.clock.monotonicMs()).to.equal(5_000);
    expect(world.record(id)).to.deep.include({ state: 'QUEUED', stage: 1 });
    expect(world.record(id).pub).to.have.property('at').and.not.have.property('due');
    expect([world.inQueue('p1'), world.inQueue('p2')]).to.deep.equal([0, 1]);
  });

  it('work that does not, is handed back: not an attempt, not a crash, rung at once', async () => {
    world.script = gate().script;
    const { engine, consumer } = await world.worker({ stages: ['p1'] });
    const id = await world.submit();
    await settled();
    await consumer.cancel();
    let isDrained = false;
    const drained = engine.drain(10_000).then(() => (isDrained = true));
    await world.clock.advance(9_999);
    expect([world.state(id), isDrained]).to.deep.equal(['RUNNING', false]);
    await world.clock.advance(1);
    await drained;
    expect(world.record(id)).to.deep.include({ state: 'QUEUED', stage: 0, gen: 2, attempt: 0, crashes: 0, epoch: 1 });
    expect(world.record(id)).to.not.have.any.keys('claim', 'lease', 'owner');
    expect(engine.counters).to.include({ released: 1, retried: 0 });
    world.script = () => done;
    await world.worker({ owner: 'worker-2' });
    await world.until(id, 'COMPLETED');
    expect(world.record(id).results[0]).to.deep.include({ epoch: 2 });
    expect(world.runner.runs[1]).to.deep.include({ id, attempt: 1 });
  });

  it('bells that wait behind work, go to another worker at once, not at the end of the drain', async () => {
    const hold = gate();
    let starts = 0;
    world.script = (job, stage) => (stage.name === 'p1' && ++starts === 1 ? hold.script(job, stage) : done);
    const { engine, consumer } = await world.worker({ slots: 1, stages: ['p1'] });
    const ids = [await world.submit(), await world.submit(), await world.submit()];
    await settled();
    await consumer.cancel();
    const drained = engine.drain(60_000);
    await world.worker({ owner: 'worker-2' });
    await settled();
    for (const id of ids.slice(1)) await world.until(id, 'COMPLETED');
    expect(world.clock.monotonicMs()).to.be.lessThan(1_000);
    expect(world.record(ids[0]!)).to.deep.include({ state: 'RUNNING', owner: 'worker-1' });
    hold.open();
    await world.until(ids[0]!, 'COMPLETED');
    await drained;
    expect(world.inQueue('p1')).to.equal(0);
  });

  it('bells not yet claimed, stay unacknowledged and go to another worker when the channel closes', async () => {
    const hold = gate();
    world.script = hold.script;
    const { engine, consumer } = await world.worker({ slots: 1, stages: ['p1'] });
    const ids = [await world.submit(), await world.submit()];
    await settled();
    await consumer.cancel();
    const drained = engine.drain(60_000);
    hold.open();
    await world.clock.advance(1);
    await drained;
    expect(ids.map((id) => world.record(id).epoch)).to.deep.equal([1, 0]);
    await consumer.close();
    await world.worker();
    await world.clock.advanceUntil('both end', () => ids.every((id) => world.state(id) === 'COMPLETED'));
  });

  it('a delivery that comes during the drain, is not taken', async () => {
    const { engine } = await world.worker();
    await engine.drain(0);
    const id = await world.submit();
    await settled();
    expect([world.record(id).epoch, world.inQueue('p1'), engine.waiting]).to.deep.equal([0, 1, 0]);
  });

  it('a claim that is won while handlers are being stopped, is handed back too', async () => {
    world.script = gate().script;
    const { engine } = await world.worker({ stages: ['p1'] });
    let answer = (): void => undefined;
    world.store.hook = ({ method }) => (method === 'claim' ? new Promise((resolve) => (answer = resolve)) : undefined);
    const id = await world.submit();
    await settled();
    const drained = engine.drain(1_000);
    await world.clock.advance(2_000);
    answer();
    await world.clock.advance(100);
    await drained;
    expect(world.record(id)).to.deep.include({ state: 'QUEUED', attempt: 0, gen: 2 });
    expect(engine.counters.released).to.equal(1);
  });

  it('a store that is away, does not hold it up for ever: the lease stays for the rescue', async () => {
    world.script = gate().script;
    const { engine } = await world.worker();
    const id = await world.submit();
    await settled();
    world.store.failBefore(1_000_000);
    const drained = engine.drain(1_000);
    await world.clock.advance(6_000);
    await drained;
    expect([world.state(id), world.inQueue('p1')]).to.deep.equal(['RUNNING', 1]);
  });

  it('twice, and without work, is safe', async () => {
    const { engine } = await world.worker();
    await engine.drain(1_000);
    await engine.drain(1_000);
    expect(engine.running).to.equal(0);
  });
});
