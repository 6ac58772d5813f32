import { expect } from 'chai';
import { tendDeadLetters } from '../../../../shared/jobs/tend-dead-letters.ts';
import { BROKEN, EngineWorld } from '../../../support/engine-world.ts';

describe('tendDeadLetters', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  /** A FAILED job whose letter is in its queue. */
  async function buried(): Promise<string> {
    const id = await world.insert();
    world.patch(id, { state: 'FAILED', gen: 2, err: BROKEN, pub: { due: world.clock.now(), by: 'x', to: 'dlq' } });
    await world.relayNow();
    return id;
  }

  const depth = () => world.bus.deadLetterDepth('p1');

  it('letters of jobs that are dead, stay, in any number of rounds', async () => {
    for (let count = 0; count < 5; count += 1) await buried();
    for (let round = 0; round < 10; round += 1) {
      expect(await tendDeadLetters(world.deps, 'p1')).to.deep.equal({ kept: 5, dropped: 0, owed: 0 });
    }
    expect(await depth()).to.equal(5);
  });

  it('letters of jobs that were replayed, have ended, or are gone, are dropped', async () => {
    const [replayed, completed, gone, stays] = [await buried(), await buried(), await buried(), await buried()];
    await world.replayer.replay('t', replayed);
    world.patch(completed, { state: 'COMPLETED', gen: 5 });
    world.store.forget(gone);
    expect(await tendDeadLetters(world.deps, 'p1')).to.deep.equal({ kept: 1, dropped: 3, owed: 0 });
    expect([await depth(), world.state(stays)]).to.deep.equal([1, 'FAILED']);
  });

  it('a letter of an earlier death of a job that died again, is dropped, the later one kept', async () => {
    const id = await buried();
    world.patch(id, { gen: 5, pub: { due: world.clock.now(), by: 'y', to: 'dlq' } });
    await world.relayNow();
    expect(await tendDeadLetters(world.deps, 'p1')).to.deep.equal({ kept: 1, dropped: 1, owed: 0 });
    const gens: number[] = [];
    await world.bus.walkDeadLetters('p1', 10, async ({ bell: { gen }, keep }) => {
      gens.push(gen);
      await keep();
    });
    expect(gens).to.deep.equal([5]);
  });

  it('a live bell that strayed into the dead letters, is owed again and dropped', async () => {
    const id = await world.insert();
    world.patch(id, { pub: { at: world.clock.now(), by: 'x' } });
    world.broker.inject('jobline.p1.dlq', JSON.stringify({ v: 1, stage: 0, jobs: [{ id, gen: 1 }] }));
    expect(await tendDeadLetters(world.deps, 'p1')).to.deep.equal({ kept: 0, dropped: 1, owed: 0 });
    expect(await world.relayNow()).to.equal(1);
  });

  it('a letter ahead of what is readable, is kept', async () => {
    const id = await buried();
    world.patch(id, { gen: 1 });
    expect(await tendDeadLetters(world.deps, 'p1')).to.deep.include({ kept: 1, dropped: 0 });
  });
});

describe('tendDeadLetters, by the number of FAILED jobs', () => {
  async function worldWith(dead: number): Promise<EngineWorld> {
    const world = new EngineWorld();
    for (let count = 0; count < dead; count += 1) {
      const id = await world.insert();
      world.patch(id, { state: 'FAILED', gen: 2, err: BROKEN, pub: { due: world.clock.now(), by: 'x', to: 'dlq' } });
    }
    await world.relayNow();
    await world.clock.advance(1_000);
    return world;
  }

  it('a queue that lost its letters, is filled again from the store', async () => {
    const world = await worldWith(10);
    expect(await tendDeadLetters(world.deps, 'p1', 10)).to.deep.equal({ kept: 10, dropped: 0, owed: 0 });
    world.broker.purge('jobline.p1.dlq');
    expect((await tendDeadLetters(world.deps, 'p1', 10)).owed).to.equal(10);
    await world.relayNow();
    expect(await world.bus.deadLetterDepth('p1')).to.equal(10);
    expect((await tendDeadLetters(world.deps, 'p1', 10)).owed).to.equal(0);
  });

  it('a queue that lost one letter of many, has that one again, and no other twice', async () => {
    const world = await worldWith(10);
    let taken = 0;
    await world.bus.walkDeadLetters('p1', 1, async ({ drop }) => {
      taken += 1;
      drop();
    });
    expect(taken).to.equal(1);
    expect((await tendDeadLetters(world.deps, 'p1', 10)).owed).to.equal(1);
    await world.relayNow();
    expect(await world.bus.deadLetterDepth('p1')).to.equal(10);
  });

  it('a letter that arrives while it walks past, is not missing', async () => {
    const world = await worldWith(2);
    const id = await world.insert();
    const walk = world.bus.walkDeadLetters.bind(world.bus);
    world.bus.walkDeadLetters = async (stageName, limit, visit) => {
      const walked = await walk(stageName, limit, visit);
      await world.clock.advance(5);
      world.patch(id, { state: 'FAILED', gen: 2, err: BROKEN, pub: { due: world.clock.now(), by: 'x', to: 'dlq' } });
      await world.relayNow();
      return walked;
    };
    expect((await tendDeadLetters(world.deps, 'p1', 3)).owed).to.equal(0);
    expect(await world.bus.deadLetterDepth('p1')).to.equal(3);
  });

  it('letters that somebody looks at during the walk, are not missing', async () => {
    const world = await worldWith(5);
    const dlq = 'jobline.p1.dlq';
    const seen = [world.broker.take(dlq)!, world.broker.take(dlq)!];
    const depth = world.bus.deadLetterDepth.bind(world.bus);
    world.bus.deadLetterDepth = (stageName) => {
      world.broker.giveBack(dlq, seen.splice(0));
      return depth(stageName);
    };
    expect(await tendDeadLetters(world.deps, 'p1', 5)).to.deep.equal({ kept: 3, dropped: 0, owed: 0 });
    expect(await tendDeadLetters(world.deps, 'p1', 5)).to.deep.equal({ kept: 5, dropped: 0, owed: 0 });
  });

  it('letters that somebody takes out in the middle of the walk, are owed by the next one', async () => {
    const world = await worldWith(5);
    const { store } = world;
    store.hook = ({ method }) => void (method === 'read' && world.broker.purge('jobline.p1.dlq'));
    expect((await tendDeadLetters(world.deps, 'p1', 5)).owed).to.equal(0);
    store.hook = undefined;
    expect((await tendDeadLetters(world.deps, 'p1', 5)).owed).to.equal(4);
  });

  it('a letter that cannot be read, stays where a person can look at it, in any number of rounds', async () => {
    const world = await worldWith(1);
    world.broker.inject('jobline.p1.dlq', 'hello');
    for (let round = 0; round < 3; round += 1) await tendDeadLetters(world.deps, 'p1', 1);
    expect(await world.bus.deadLetterDepth('p1')).to.equal(2);
  });

  it('letters of another stage, are not owed', async () => {
    const world = new EngineWorld();
    const id = await world.insert();
    world.patch(id, { state: 'FAILED', stage: 1, err: BROKEN, pub: {} });
    expect((await tendDeadLetters(world.deps, 'p1', 1)).owed).to.equal(0);
    expect((await tendDeadLetters(world.deps, 'p2', 1)).owed).to.equal(1);
  });
});
