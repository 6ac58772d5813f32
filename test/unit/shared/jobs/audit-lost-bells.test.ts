import { expect } from 'chai';
import { defineJobType, Pipelines } from '../../../../shared/domain/pipeline.ts';
import { auditLostBells } from '../../../../shared/jobs/audit-lost-bells.ts';
import { MARK_AFTER_MS } from '../../../../shared/jobs/lazy-marks.ts';
import { StageEngine } from '../../../../shared/jobs/stage-engine.ts';
import { StageConsumer } from '../../../../shared/worker/stage-consumer.ts';
import { done, EngineWorld, gate, LEASE_MS } from '../../../support/engine-world.ts';
import { MemoryMessageBus, samePrefetch } from '../../../support/memory-message-bus.ts';

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
    await world.clock.advance(MARK_AFTER_MS + 500);
    world.bus.hooks = {};
    return id;
  }

  /** A worker as the services wire it, which reports its queues. */
  async function reportingWorker(owner: string): Promise<{ crash(): void }> {
    const { deps, outputs, runner, broker, clock } = world;
    const bus = new MemoryMessageBus({ broker, clock });
    const engine = new StageEngine({ ...deps, bus, outputs, runner, owner, leaseMs: LEASE_MS, slots: 1 });
    const consumer = new StageConsumer({
      ...deps,
      bus,
      engine,
      owner,
      stages: ['p1', 'p2'],
      prefetch: samePrefetch(2),
      shutdownTimeoutMs: 0,
    });
    await consumer.start();
    return { crash: () => void (bus.isConnected = false) };
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
    const report = (afterMs: number) =>
      world.store.reportQueues([{ queue, consumer: 'c', newest: { publishedAt: new Date(rungAt + afterMs), ageMs: 15_000 } }]);
    await report(MINUTE_MS);
    expect(await auditLostBells(world.deps)).to.equal(0);
    await report(MINUTE_MS + 1);
    expect(await auditLostBells(world.deps)).to.equal(1);
  });

  it('a bell that a busy worker holds while others get newer ones, is not lost; nor is it when that worker is gone', async () => {
    world.script = gate().script;
    const busy = await reportingWorker('busy');
    await world.submit();
    const held = await world.submit();
    await world.clock.advance(10_000);
    world.script = () => done;
    await reportingWorker('other');
    for (let minute = 0; minute < 5; minute += 1) {
      const id = await world.submit();
      await world.clock.advance(MINUTE_MS);
      expect(world.state(id)).to.equal('COMPLETED');
      expect(await auditLostBells(world.deps)).to.equal(0);
    }
    expect([world.record(held).pub?.due, world.state(held)]).to.deep.equal([undefined, 'QUEUED']);
    busy.crash();
    await world.clock.advance(1_000);
    expect(await auditLostBells(world.deps)).to.equal(0);
    await world.until(held, 'COMPLETED');
  });

  it('lost bells of one stage, do not keep those of another at the same place waiting', async () => {
    world.bus.hooks = { fate: () => 'lose' };
    const elsewhere = defineJobType('elsewhere', [{ name: 'p2' }]);
    const pipelines = new Pipelines([...['job', 'quick', 'twice', 'rare'].map((type) => world.pipelines.typeOf(type)), elsewhere]);
    for (let count = 0; count < 600; count += 1) await world.insert({ type: 'elsewhere' });
    for (const { id } of world.store.all()) world.patch(id, { pub: { at: world.clock.now(), by: 'x' } });
    const id = await world.submit();
    await world.clock.advance(2 * MINUTE_MS);
    world.bus.queueDepths = async () => new Map([[queue, { ready: 0, unacked: 0 }]]);
    expect(await auditLostBells({ ...world.deps, pipelines })).to.equal(1);
    expect(world.record(id).pub?.due).to.be.instanceOf(Date);
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
