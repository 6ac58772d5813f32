import { expect } from 'chai';
import { replay } from '../../../../shared/domain/transitions.ts';
import { MARK_AFTER_MS } from '../../../../shared/jobs/lazy-marks.ts';
import { type Ring, Ringer } from '../../../../shared/jobs/ringer.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

describe('Ringer', () => {
  let world: EngineWorld;
  let ringer: Ringer;
  beforeEach(() => {
    world = new EngineWorld();
    ringer = new Ringer(world.deps);
  });

  async function ringOf(more: Partial<Ring> = {}): Promise<Ring> {
    const token = world.clock.uuid();
    const id = await world.insert({ token });
    return { id, gen: 1, stage: 0, lane: 'standard', type: 'job', version: 1, token, ...more };
  }

  it('a confirmed bell, is marked some seconds later: nothing is owed any more, and when it was rung is known', async () => {
    const ring = await ringOf();
    expect(await ringer.ring([ring])).to.equal(1);
    expect(world.record(ring.id).pub).to.have.property('due');
    await world.clock.advance(MARK_AFTER_MS - 1);
    expect(world.record(ring.id).pub).to.have.property('due');
    await world.clock.advance(1);
    expect(world.record(ring.id).pub).to.deep.equal({ by: ring.token, at: world.clock.now() });
  });

  for (const fate of ['refuse', 'unknown', 'unknown_lost'] as const) {
    it(`a bell that was not confirmed (${fate}), stays owed`, async () => {
      const ring = await ringOf();
      world.bus.hooks = { fate: () => fate };
      expect(await ringer.ring([ring])).to.equal(0);
      await world.clock.advance(2 * MARK_AFTER_MS);
      expect(world.record(ring.id).pub).to.have.property('due').and.not.equal(undefined);
      expect(world.asked('mark')).to.equal(0);
    });
  }

  it('a bell of a type or stage that is not known here, stays owed; the others are rung', async () => {
    const [unknown, beyond, known] = [await ringOf({ type: 'newer' }), await ringOf({ stage: 2 }), await ringOf()];
    expect(await ringer.ring([unknown, beyond, known])).to.equal(1);
    expect(world.bus.published.map(({ message }) => message.bells[0]!.id)).to.deep.equal([known.id]);
  });

  it('a job that was claimed before its mark, is not touched by it', async () => {
    const worker = await world.worker();
    const ring = await ringOf();
    await ringer.ring([ring]);
    await world.until(ring.id, 'COMPLETED');
    // What owes its event is settled by then.
    await world.clock.advance(MARK_AFTER_MS / 2);
    const before = world.record(ring.id);
    await world.clock.advance(2 * MARK_AFTER_MS);
    expect(world.record(ring.id)).to.deep.equal(before);
    expect(worker.engine.counters.committed).to.equal(2);
  });

  it('a late mark, never erases a later debt of the same job', async () => {
    const ring = await ringOf();
    world.store.hook = async ({ transition }) => {
      if (transition?.name !== 'mark') return;
      world.store.hook = undefined;
      // Between ring and mark the job failed, and was replayed: a new debt at a new generation.
      world.patch(ring.id, { state: 'FAILED' });
      await world.store.apply([ring.id], replay({ gen: 1, token: 'later' }));
    };
    await ringer.ring([ring]);
    await world.clock.advance(MARK_AFTER_MS);
    expect(world.record(ring.id)).to.deep.include({ state: 'QUEUED', gen: 2 });
    expect(world.record(ring.id).pub).to.deep.include({ by: 'later' });
    expect(world.record(ring.id).pub?.due).to.be.instanceOf(Date);
    expect(await world.relayNow(), 'the relay rings it').to.equal(1);
  });

  it("a late mark, never erases the relay's own debt of the same generation", async () => {
    const ring = await ringOf();
    await world.clock.advance(15_000);
    world.bus.hooks = { fate: () => 'unknown_lost' };
    await world.relayNow();
    world.bus.hooks = {};
    await ringer.ring([ring]);
    await world.clock.advance(MARK_AFTER_MS);
    expect(world.record(ring.id).pub?.by).to.not.equal(ring.token);
    expect(world.record(ring.id).pub?.due).to.deep.equal(new Date(world.clock.now().getTime() + 30_000 - MARK_AFTER_MS));
  });

  it('five thousand bells, are all marked after one wait', async () => {
    const rings: Ring[] = [];
    for (let count = 0; count < 5_000; count += 1) rings.push(await ringOf());
    await ringer.ring(rings);
    await world.clock.advance(MARK_AFTER_MS);
    expect(rings.filter(({ id }) => world.record(id).pub?.due !== undefined)).to.have.length(0);
    expect(world.asked('mark')).to.equal(5);
  });

  it('a store that fails the marks, leaves the bells owed and the ringer alive', async () => {
    const [first, second] = [await ringOf(), await ringOf()];
    world.store.failBefore(1, ({ transition }) => transition?.name === 'mark');
    await ringer.ring([first]);
    await world.clock.advance(MARK_AFTER_MS);
    expect(world.record(first.id).pub).to.have.property('due');
    await ringer.ring([second]);
    await world.clock.advance(MARK_AFTER_MS);
    expect(world.record(second.id).pub).to.not.have.property('due');
  });

  it('stop, writes the marks that wait, at once', async () => {
    const ring = await ringOf();
    await ringer.ring([ring]);
    await ringer.stop();
    await settled();
    expect(world.record(ring.id).pub).to.not.have.property('due');
  });

  it('a ring that was not confirmed, beside another of its token that was, is not marked by an older ring of its job', async () => {
    const [first, other] = [await ringOf(), await ringOf()];
    await ringer.ring([first]);
    // Within the half second: both owe a bell again, by one write with one token; only the other's arrives.
    const token = world.clock.uuid();
    for (const { id } of [first, other]) world.patch(id, { pub: { due: world.clock.now(), by: token } });
    world.bus.hooks = { fate: ({ bells }) => (bells[0]!.id === first.id ? 'unknown_lost' : 'deliver') };
    await ringer.ring([first, other].map((ring) => ({ ...ring, token })));
    await world.clock.advance(MARK_AFTER_MS);
    expect(world.record(first.id).pub).to.have.property('due');
    expect(world.record(other.id).pub).to.not.have.property('due');
  });

  describe('together', () => {
    const sizes = () => world.bus.published.map(({ message }) => message.bells.length);
    const bulk = (count: number, more: Partial<Ring> = {}) =>
      Promise.all(Array.from({ length: count }, () => ringOf({ lane: 'bulk', type: 'quick', ...more })));

    it('jobs of lane bulk and an inline stage, come a hundred in a message, each type by itself, and are marked each', async () => {
      const rings = [...(await bulk(120)), ...(await bulk(3, { type: 'twice' }))];
      expect(await ringer.ring(rings, 'together')).to.equal(123);
      expect(sizes()).to.deep.equal([100, 20, 3]);
      await world.clock.advance(MARK_AFTER_MS);
      for (const { id } of rings) expect(world.record(id).pub).to.have.keys('by', 'at');
    });

    it('jobs of other lanes or of isolated stages, and what is rung again, come one in a message', async () => {
      await ringer.ring([...(await bulk(2, { lane: 'standard' })), ...(await bulk(2, { type: 'job' }))], 'together');
      await ringer.ring(await bulk(2));
      expect(sizes()).to.deep.equal([1, 1, 1, 1, 1, 1]);
    });

    it('jobs of a message that was not confirmed, stay owed, the others do not', async () => {
      const rings = await bulk(150);
      let sent = 0;
      world.bus.hooks = { fate: () => (sent++ === 0 ? 'unknown' : 'deliver') };
      expect(await ringer.ring(rings, 'together')).to.equal(50);
      await world.clock.advance(MARK_AFTER_MS);
      expect(rings.filter(({ id }) => world.record(id).pub?.due === undefined)).to.deep.equal(rings.slice(100));
    });
  });

  describe('early', () => {
    it('a bell whose record was written soon after, is marked as any other', async () => {
      const ring = await ringOf();
      const early = ringer.ringEarly(ring);
      await world.clock.advance(299);
      await early.written();
      await world.clock.advance(MARK_AFTER_MS);
      expect(world.record(ring.id).pub).to.have.keys('by', 'at');
      expect(world.inQueue('p1')).to.equal(1);
    });

    it('a bell whose record was written late, is rung again: the first may have been given up', async () => {
      const ring = await ringOf();
      const early = ringer.ringEarly(ring);
      await world.clock.advance(300);
      await early.written();
      await world.clock.advance(MARK_AFTER_MS);
      expect(world.record(ring.id).pub).to.have.keys('by', 'at');
      expect(world.inQueue('p1')).to.equal(2);
    });

    it('a bell whose record was never written, is not marked', async () => {
      const ring = await ringOf();
      ringer.ringEarly(ring);
      await world.clock.advance(2 * MARK_AFTER_MS);
      expect(world.asked('mark')).to.equal(0);
      expect(world.record(ring.id).pub).to.have.property('due');
    });

    for (const fate of ['refuse', 'unknown', 'unknown_lost'] as const) {
      it(`a bell that was not confirmed (${fate}), stays owed`, async () => {
        const ring = await ringOf();
        world.bus.hooks = { fate: () => fate };
        await ringer.ringEarly(ring).written();
        await world.clock.advance(2 * MARK_AFTER_MS);
        expect(world.asked('mark')).to.equal(0);
        expect(world.record(ring.id).pub).to.have.property('due');
      });
    }
  });
});
