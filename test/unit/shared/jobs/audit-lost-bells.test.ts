import { expect } from 'chai';
import { auditLostBells } from '../../../../shared/jobs/audit-lost-bells.ts';
import { EngineWorld } from '../../../support/engine-world.ts';

const MINUTE_MS = 60_000;

describe('auditLostBells', () => {
  let world: EngineWorld;
  let queue: string;
  beforeEach(() => {
    world = new EngineWorld();
    queue = world.bus.queueOf('p1', 'standard');
  });

  /** A job whose bell was confirmed and marked, and is nowhere. */
  async function lost(): Promise<string> {
    world.bus.hooks = { fate: () => 'lose' };
    const id = await world.submit();
    await world.clock.advance(1_000);
    world.bus.hooks = {};
    return id;
  }

  it('a bell that the broker lost, is owed again once its queue is idle for a minute, and then rung', async () => {
    const id = await lost();
    expect(world.record(id).pub).to.not.have.property('due');
    await world.clock.advance(58_000);
    expect(await auditLostBells(world.deps)).to.equal(0);
    await world.clock.advance(2_000);
    expect(await auditLostBells(world.deps)).to.equal(1);
    expect(await world.relayNow()).to.equal(1);
    await world.worker();
    await world.until(id, 'COMPLETED');
  });

  it('a queue that is not idle, is judged by its watermark: what was confirmed a minute before it is lost, younger is not', async () => {
    const id = await lost();
    await world.ring(await world.insert());
    await world.clock.advance(10 * MINUTE_MS);
    expect(await auditLostBells(world.deps), 'no watermark yet: however old, it may still wait in the queue').to.equal(0);
    const rungAt = world.record(id).pub!.at!.getTime();
    await world.store.raiseWatermark(queue, new Date(rungAt + MINUTE_MS));
    expect(await auditLostBells(world.deps)).to.equal(0);
    await world.store.raiseWatermark(queue, new Date(rungAt + MINUTE_MS + 1));
    expect(await auditLostBells(world.deps)).to.equal(1);
  });

  it('bells that merely wait, however long, are never owed again', async () => {
    for (let count = 0; count < 20; count += 1) await world.submit();
    await world.clock.advance(24 * 60 * MINUTE_MS);
    expect(await auditLostBells(world.deps)).to.equal(0);
    expect(world.asked('audit')).to.equal(0);
  });

  it('a queue whose depth is not known (the figures are missing), is not taken for idle', async () => {
    await lost();
    await world.clock.advance(10 * MINUTE_MS);
    world.bus.queueDepths = async () => new Map();
    expect(await auditLostBells(world.deps)).to.equal(0);
  });

  it('many lost bells, are owed again 500 at a time, never all at once', async () => {
    world.bus.hooks = { fate: () => 'lose' };
    for (let count = 0; count < 600; count += 1) await world.submit();
    await world.clock.advance(2 * MINUTE_MS);
    expect(await auditLostBells(world.deps)).to.equal(500);
    expect(await auditLostBells(world.deps)).to.equal(100);
    expect(await auditLostBells(world.deps)).to.equal(0);
  });

  it('a job that was claimed between the look and the write, is left alone', async () => {
    const id = await lost();
    await world.clock.advance(2 * MINUTE_MS);
    world.store.hook = ({ transition }) => {
      if (transition?.name === 'audit') world.patch(id, { state: 'RUNNING', claim: 'c' });
    };
    expect([await auditLostBells(world.deps), world.state(id)]).to.deep.equal([0, 'RUNNING']);
  });
});
