import { expect } from 'chai';
import { take } from '../../../../shared/domain/transitions.ts';
import { MARK_AFTER_MS } from '../../../../shared/jobs/lazy-marks.ts';
import { BROKEN, done, EngineWorld, reject } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

describe('DueRelay', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  const rung = (): readonly string[] => world.bus.published.flatMap(({ message }) => message.bells.map(({ id, gen }) => `${id} ${gen}`));

  it('a bell that was never rung, is rung when it is due, and marked', async () => {
    const id = await world.insert();
    await world.clock.advance(14_999);
    expect(await world.relayNow()).to.equal(0);
    await world.clock.advance(1);
    expect(await world.relayNow()).to.equal(1);
    await world.clock.advance(MARK_AFTER_MS);
    expect(rung()).to.deep.equal([`${id} 1`]);
    expect(world.record(id).pub).to.not.have.property('due');
    expect(await world.relayNow()).to.equal(0);
  });

  for (const state of ['RETRY_WAIT', 'SCHEDULED'] as const) {
    it(`${state} that is due, becomes QUEUED at the same generation and is rung`, async () => {
      const id = await world.insert();
      world.patch(id, { state, gen: 4, attempt: 1, pub: { due: world.clock.now(), by: 'old' } });
      expect(await world.relayNow()).to.equal(1);
      expect(world.record(id)).to.deep.include({ state: 'QUEUED', gen: 4, attempt: 1 });
      expect(rung()).to.deep.equal([`${id} 4`]);
    });
  }

  it('one job, is rung again at most every 30 s while the broker answers nothing', async () => {
    const id = await world.insert();
    world.bus.hooks = { fate: () => 'unknown_lost' };
    await world.clock.advance(15_000);
    for (let second = 0; second < 60; second += 1) {
      await world.relayNow();
      await world.clock.advance(1_000);
    }
    expect(rung()).to.deep.equal([`${id} 1`, `${id} 1`]);
  });

  it('two relays at once, ring each bell once', async () => {
    for (let count = 0; count < 50; count += 1) await world.insert();
    await world.clock.advance(15_000);
    const counts = await Promise.all([world.relayNow(), world.relayNow()]);
    expect(counts[0]! + counts[1]!).to.equal(50);
    expect(new Set(rung()).size).to.equal(50);
    expect(rung()).to.have.length(50);
  });

  it('a batch of which another relay has taken a part, rings the rest only', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 10; count += 1) ids.push(await world.insert());
    await world.clock.advance(15_000);
    world.store.hook = async ({ transition }) => {
      if (transition?.name !== 'take') return;
      world.store.hook = undefined;
      await world.store.apply(ids.slice(0, 4), take('of another relay'));
    };
    expect(await world.relayNow()).to.equal(6);
    expect(rung()).to.have.members(ids.slice(4).map((id) => `${id} 1`));
  });

  it('more than one batch, is rung in one call, oldest first', async () => {
    for (let count = 0; count < 1_200; count += 1) await world.insert();
    await world.clock.advance(15_000);
    expect(await world.relayNow()).to.equal(1_200);
  });

  it('a broker that cannot take bells, is not asked: nothing is taken', async () => {
    const id = await world.insert();
    world.bus.isBlocked = true;
    await world.clock.advance(15_000);
    expect([await world.relayNow(), world.asked('take')]).to.deep.equal([0, 0]);
    expect(world.record(id).pub?.due).to.be.at.most(world.clock.now());
  });

  it('a take of unknown outcome, is read back: what was taken is rung, what was not is taken again', async () => {
    await world.insert();
    await world.clock.advance(15_000);
    world.store.failBefore(1, ({ transition }) => transition?.name === 'take');
    expect([await world.relayNow(), rung().length]).to.deep.equal([0, 0]);
    world.store.failAfter(1, ({ transition }) => transition?.name === 'take');
    expect([await world.relayNow(), rung().length]).to.deep.equal([1, 1]);
  });

  it('a take of unknown outcome that cannot be read back either, rings after 30 s: the bell is late, not lost', async () => {
    await world.insert();
    await world.clock.advance(15_000);
    world.store.failAfter(1, ({ transition }) => transition?.name === 'take');
    world.store.failBefore(1, ({ method }) => method === 'read');
    await world.relayNow().catch(() => undefined);
    expect(rung()).to.have.length(0);
    await world.clock.advance(30_000);
    expect(await world.relayNow()).to.equal(1);
  });

  it('a job that was claimed between the look and the take, is not rung', async () => {
    const id = await world.insert();
    await world.clock.advance(15_000);
    world.store.hook = ({ transition }) => {
      if (transition?.name === 'take') world.patch(id, { state: 'RUNNING', claim: 'c', pub: {} });
    };
    expect([await world.relayNow(), world.state(id), rung().length]).to.deep.equal([0, 'RUNNING', 0]);
  });

  it('a type that is not known here, is left to a scheduler that knows it and stays owed', async () => {
    const id = await world.insert({ type: 'from-a-newer-release' });
    await world.clock.advance(15_000);
    expect([await world.relayNow(), rung().length]).to.deep.equal([0, 0]);
    expect(world.record(id).pub).to.have.property('due');
  });

  describe('dead letters', () => {
    async function deadJob(): Promise<string> {
      world.script = () => reject;
      const worker = await world.worker();
      const id = await world.submit();
      await settled();
      await worker.consumer.close();
      return id;
    }

    it('a death, is published to the dead-letter queue of its stage with its reason, then marked', async () => {
      const id = await deadJob();
      expect(await world.relayNow()).to.equal(1);
      expect(world.bus.published.at(-1)!.message).to.deep.include({
        stageName: 'p1',
        bells: [{ id, gen: 2 }],
        dead: { code: 'bad_input', message: 'It is wrong.', attempts: 1 },
      });
      expect(await world.bus.deadLetterDepth('p1')).to.equal(1);
      expect(world.record(id).pub).to.have.property('at');
      expect(world.record(id).pub).to.not.have.any.keys('due', 'to');
      expect(await world.relayNow()).to.equal(0);
    });

    it('a death that was not confirmed, stays owed and is published again', async () => {
      const id = await deadJob();
      world.bus.hooks = { fate: () => 'refuse' };
      expect(await world.relayNow()).to.equal(0);
      expect(world.record(id).pub).to.deep.include({ to: 'dlq' });
      world.bus.hooks = {};
      await world.clock.advance(30_000);
      expect([await world.relayNow(), await world.bus.deadLetterDepth('p1')]).to.deep.equal([1, 1]);
    });

    it('a job that was replayed before its letter was out, is rung to its stage, not to the dead letters', async () => {
      const id = await deadJob();
      await world.replayer.replay('t', id);
      world.bus.published.length = 0;
      await world.clock.advance(60_000);
      await world.relayNow();
      expect(await world.bus.deadLetterDepth('p1')).to.equal(0);
    });

    it('a job that was replayed while its letter was under way, keeps the debt of its replay', async () => {
      const id = await deadJob();
      const publish = world.bus.publish.bind(world.bus);
      world.bus.publish = async (messages) => {
        const outcomes = await publish(messages);
        world.bus.publish = async () => messages.map(() => 'unknown');
        await world.replayer.replay('t', id);
        return outcomes;
      };
      await world.relayNow();
      expect(world.record(id)).to.deep.include({ state: 'QUEUED', run: 1 });
      expect(world.record(id).pub?.due).to.be.instanceOf(Date);
    });
  });

  it('the scheduler standing still, 100 healthy jobs end all the same', async () => {
    world.script = () => done;
    await world.worker({ slots: 8 });
    const ids = await Promise.all(Array.from({ length: 100 }, () => world.submit()));
    await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'), 1_000);
    expect(world.asked('take')).to.equal(0);
    expect(world.store.all().some(({ err }) => err?.code === BROKEN.code)).to.equal(false);
  });

  it('a take of unknown outcome that a fail-over can still take back, is not rung', async () => {
    await world.insert();
    await world.clock.advance(15_000);
    world.store.isReplicationHeld = true;
    world.store.failAfter(1, ({ transition }) => transition?.name === 'take');
    expect([await world.relayNow(), rung().length]).to.deep.equal([0, 0]);
    world.store.rollBack();
    world.store.replicate();
    expect([await world.relayNow(), rung().length]).to.deep.equal([1, 1]);
  });
});
