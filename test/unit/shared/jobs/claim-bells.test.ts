import { expect } from 'chai';
import { dead, replay } from '../../../../shared/domain/transitions.ts';
import { BROKEN, EngineWorld, gate, LEASE_MS } from '../../../support/engine-world.ts';
import type { StoreCall } from '../../../support/memory-job-store.ts';
import { settled } from '../../../support/virtual-clock.ts';

const isClaim = ({ method }: StoreCall): boolean => method === 'claim';

describe('claiming by doorbell', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('won: the job runs under a claim with a lease, and the bell stays unacknowledged while it runs', async () => {
    world.script = gate().script;
    const { engine } = await world.worker();
    const id = await world.submit();
    await settled();
    const { claim, lease, ...record } = world.record(id);
    expect(record).to.deep.include({ state: 'RUNNING', epoch: 1, attempt: 1, owner: 'worker-1' });
    expect(record).to.not.have.any.keys('pub');
    expect(lease?.until).to.deep.equal(new Date(world.clock.now().getTime() + LEASE_MS));
    expect(claim).to.be.a('string');
    expect([world.inQueue('p1'), engine.running, engine.counters.claimed]).to.deep.equal([1, 1, 1]);
  });

  it('two bells for one job, are claimed once; the second is acknowledged as stale', async () => {
    world.script = gate().script;
    const workers = [await world.worker(), await world.worker({ owner: 'worker-2' })];
    const id = await world.submit();
    await world.ring(id);
    await settled();
    expect(world.record(id).epoch).to.equal(1);
    expect(world.runner.runs).to.have.length(1);
    expect(workers.map(({ engine }) => engine.counters.stale).reduce((a, b) => a + b)).to.equal(1);
    expect(world.inQueue('p1')).to.equal(1);
  });

  it('two bells for one job in one inline batch, are claimed once', async () => {
    const id = await world.insert({ type: 'quick' });
    await world.bus.publish(
      [1, 2].map(() => ({ stageName: 'p1', stage: 0, lane: 'standard' as const, type: 'quick', bells: [{ id, gen: 1 }] })),
    );
    const { engine } = await world.worker();
    await world.until(id, 'COMPLETED');
    await settled();
    expect(world.runner.runs.map(({ stage }) => stage)).to.deep.equal(['p1', 'p2']);
    expect(engine.counters).to.include({ claimed: 2, committed: 2, stale: 1 });
    expect(world.inQueue('p1')).to.equal(0);
  });

  it('a claim of unknown outcome that was applied, is found to be won and runs once', async () => {
    world.store.failAfter(1, isClaim);
    const { engine } = await world.worker();
    const id = await world.submit();
    await world.until(id, 'COMPLETED');
    expect(world.record(id).results.map(({ epoch }) => epoch)).to.deep.equal([1, 2]);
    expect(engine.counters).to.include({ claimed: 2, committed: 2, fenced: 0 });
  });

  it('a claim that was not applied, is sent again under the same claim id, never acknowledged', async () => {
    world.store.failBefore(3, isClaim);
    const { engine } = await world.worker({ stages: ['p1'] });
    const id = await world.submit();
    await world.clock.advanceUntil('stage 1 is committed', () => world.record(id).stage === 1);
    const claims = world.store.calls.filter(isClaim).map(({ transition }) => transition?.set?.['claim']);
    expect(claims).to.have.length(4);
    expect(new Set(claims.map((one) => JSON.stringify(one))).size).to.equal(1);
    expect(engine.counters.claimed).to.equal(1);
  });

  it('an inline batch of unknown outcome, is sorted out one by one: all run once', async () => {
    world.store.failAfter(1, isClaim);
    const ids = await Promise.all(Array.from({ length: 20 }, () => world.insert({ type: 'quick' })));
    for (const id of ids) await world.ring(id, { type: 'quick' });
    const { engine } = await world.worker();
    await world.clock.advanceUntil('all have ended', () => ids.every((id) => world.state(id) === 'COMPLETED'));
    expect(world.runner.runs).to.have.length(40);
    expect(engine.counters).to.include({ claimed: 40, committed: 40 });
  });

  it('early: a bell before its record is readable, is looked at after 20, 100 and 500 ms and then acknowledged', async () => {
    const { engine } = await world.worker();
    const looks: number[] = [];
    const startMs = world.clock.monotonicMs();
    world.store.hook = ({ method }) => void (method === 'read' && looks.push(world.clock.monotonicMs() - startMs));
    await world.ring('not-there');
    await world.clock.advance(619);
    expect([world.inQueue('p1'), engine.counters.early]).to.deep.equal([1, 0]);
    await world.clock.advance(1);
    expect(looks).to.deep.equal([0, 20, 120, 620]);
    expect([world.inQueue('p1'), engine.counters.early]).to.deep.equal([0, 1]);
  });

  it('early: a bell that is overtaken by its record within that time, starts it', async () => {
    await world.worker();
    const id = 'slow-insert';
    await world.ring(id);
    await world.clock.advance(100);
    await world.insert({ id });
    await world.until(id, 'COMPLETED');
  });

  it('early: a generation ahead of the record, is not started', async () => {
    await world.worker();
    const id = await world.insert();
    await world.ring(id, { gen: 2 });
    await world.clock.advance(5_000);
    expect(world.record(id)).to.deep.include({ state: 'QUEUED', epoch: 0 });
    expect(world.record(id).pub).to.have.property('due');
  });

  for (const state of ['COMPLETED', 'CANCELED', 'EXPIRED', 'RETRY_WAIT', 'SCHEDULED'] as const) {
    it(`stale: a bell for a job that is ${state}, is acknowledged, counted and changes nothing`, async () => {
      const { engine } = await world.worker();
      const id = await world.insert();
      world.patch(id, { state });
      const before = world.record(id);
      await world.ring(id);
      await world.clock.advance(1_000);
      expect([world.inQueue('p1'), engine.counters.stale]).to.deep.equal([0, 1]);
      expect(world.record(id)).to.deep.equal(before);
    });
  }

  it('stale: a bell for a stage that the record is not at, frees its slot though the record waits', async () => {
    const { engine } = await world.worker({ slots: 1, stages: ['p1'] });
    const waiting = await world.insert();
    world.patch(waiting, { stage: 1 });
    await world.ring(waiting);
    const next = await world.submit();
    await world.clock.advanceUntil('the next job is committed', () => world.record(next).stage === 1);
    expect(engine.counters.stale).to.equal(1);
    expect(world.record(waiting)).to.deep.include({ state: 'QUEUED', epoch: 0 });
  });

  it('stale: another claim that only this node has seen, is no evidence: the bell waits for the majority', async () => {
    world.script = gate().script;
    const id = await world.insert();
    world.store.isReplicationHeld = true;
    await world.worker({ owner: 'worker-2' });
    await world.ring(id);
    await world.ring(id);
    await world.clock.advance(2_000);
    expect(world.inQueue('p1'), 'both bells are kept').to.equal(2);
    world.store.rollBack();
    expect(world.state(id)).to.equal('QUEUED');
    await world.clock.advance(1_000);
    expect(world.record(id), 'the second bell has claimed it').to.deep.include({ state: 'RUNNING', epoch: 1 });
  });

  describe('replay by bell', () => {
    async function deadJob(): Promise<string> {
      const id = await world.insert();
      world.patch(id, { state: 'RUNNING', claim: 'c', attempt: 3 });
      await world.store.apply([id], dead({ claim: 'c', error: BROKEN, token: 'dead', retainMs: 1_000 }));
      return id;
    }

    it('a dead letter moved to its stage queue, replays the job once', async () => {
      const id = await deadJob();
      const { engine } = await world.worker();
      await world.ring(id, { gen: 2 });
      await world.ring(id, { gen: 2 });
      await world.until(id, 'COMPLETED');
      expect(world.record(id)).to.deep.include({ run: 1 });
      expect(world.record(id).log.filter(({ event }) => event === 'replayed')).to.have.length(1);
      expect(engine.counters.replayed).to.equal(1);
      await world.clock.advance(1_000);
      expect(world.inQueue('p1')).to.equal(0);
    });

    it('a dead letter moved while a replay is under way that a fail-over takes back, is not swallowed', async () => {
      const id = await deadJob();
      world.store.isReplicationHeld = true;
      world.store.failAfter(1, ({ transition }) => transition?.name === 'replay');
      await world.store.apply([id], replay({ gen: 2, token: 'asked' })).catch(() => undefined);
      expect(world.state(id)).to.equal('QUEUED');
      const { engine } = await world.worker();
      await world.ring(id, { gen: 2 });
      await world.clock.advance(1_000);
      expect(world.inQueue('p1'), 'nothing is durable yet').to.equal(1);
      world.store.rollBack();
      world.store.isReplicationHeld = false;
      await world.until(id, 'COMPLETED');
      expect([engine.counters.replayed, world.inQueue('p1')]).to.deep.equal([1, 0]);
    });

    it('an older bell of the dead job, replays nothing', async () => {
      const id = await deadJob();
      const { engine } = await world.worker();
      await world.ring(id, { gen: 1 });
      await world.clock.advance(1_000);
      expect([world.state(id), engine.counters.stale, world.inQueue('p1')]).to.deep.equal(['FAILED', 1, 0]);
    });

    it('a store that fails after the replay was applied, leaves the bell owed and acknowledges', async () => {
      const id = await deadJob();
      world.store.failAfter(1, ({ transition }) => transition?.name === 'replay');
      await world.worker();
      await world.ring(id, { gen: 2 });
      await world.clock.advance(1_000);
      expect(world.record(id)).to.deep.include({ state: 'QUEUED', run: 1, gen: 3 });
      expect(world.inQueue('p1')).to.equal(0);
      await world.relayNow();
      await world.until(id, 'COMPLETED');
    });

    it('a job of a type that is not known here, is replayed and left owed', async () => {
      const id = await deadJob();
      world.patch(id, { type: 'from-a-newer-release' });
      await world.worker();
      await world.ring(id, { gen: 2 });
      await world.clock.advance(1_000);
      expect(world.record(id)).to.deep.include({ state: 'QUEUED', run: 1 });
      expect(world.record(id).pub).to.have.property('due');
      expect(world.inQueue('p1')).to.equal(0);
      expect(world.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
    });
  });
});
