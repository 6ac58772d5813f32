import { expect } from 'chai';
import { BellTicket, settleAfterFenceMiss } from '../../../../shared/jobs/bell-ticket.ts';
import { EngineWorld } from '../../../support/engine-world.ts';

describe('settleAfterFenceMiss', () => {
  let world: EngineWorld;
  let acks: number;
  let ticket: BellTicket;
  let id: string;
  const closed = new AbortController();

  beforeEach(async () => {
    world = new EngineWorld();
    acks = 0;
    id = await world.insert();
    const delivery = {
      stage: 1,
      bells: [{ id, gen: 2 }],
      redelivered: false,
      lane: 'standard' as const,
      queue: 'q',
      ack: () => (acks += 1),
    };
    [ticket] = BellTicket.of(delivery, 0) as [BellTicket];
  });

  const settle = () => void settleAfterFenceMiss({ store: world.store, clock: world.clock, closed: closed.signal }, ticket, 'mine');

  // Seed of the model: slice fail-over-answers-2 (docs/model.md).
  it('a bell whose very generation a fail-over has taken back, is given up: it may be what keeps the record’s own bell out', async () => {
    settle();
    await world.clock.advance(600);
    expect(acks).to.equal(0);
    await world.clock.advance(400);
    expect(acks).to.equal(1);
  });

  it('a bell whose generation is only not durable yet, is kept until it is', async () => {
    world.store.isReplicationHeld = true;
    world.store.failAfter(1, ({ transition }) => transition?.name === 'release');
    world.patch(id, { stage: 1, gen: 1, state: 'RUNNING', claim: 'mine' });
    await world.store
      .apply([id], { name: 'release', when: {}, set: { state: 'RUNNING', claim: 'mine' }, inc: { gen: 1 }, durability: 'majority' })
      .catch(() => undefined);
    expect(world.record(id).gen).to.equal(2);
    settle();
    await world.clock.advance(10_000);
    expect(acks).to.equal(0);
    world.store.replicate();
    world.patch(id, { gen: 3 });
    await world.clock.advance(200);
    expect(acks).to.equal(1);
  });

  it('a bell whose claim was taken back, is owed again and acknowledged', async () => {
    world.patch(id, { stage: 1, gen: 2, pub: { at: world.clock.now(), by: 'x' } });
    settle();
    await world.clock.advance(1);
    expect(acks).to.equal(1);
    expect(world.record(id).pub?.due).to.be.at.most(world.clock.now());
  });
});
