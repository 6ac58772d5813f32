import { expect } from 'chai';
import { SlowGate } from '../../../../shared/jobs/slow-gate.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { MemoryRateBuckets } from '../../../support/memory-rate-buckets.ts';

describe('a slowed stage', () => {
  let world: EngineWorld;
  let perSecond: number | undefined;
  let starts: number[];
  let buckets: MemoryRateBuckets;

  beforeEach(() => {
    world = new EngineWorld();
    perSecond = 2;
    starts = [];
    buckets = new MemoryRateBuckets({ clock: world.clock });
    world.script = (_, stage) => {
      if (stage.name === 'p1') starts.push(world.clock.monotonicMs());
      return { kind: 'done' };
    };
  });

  const gate = () => {
    const rateOf = (stage: string) => (stage === 'p1' ? perSecond : undefined);
    return new SlowGate({ ...world.deps, rateOf, buckets });
  };
  const submit = async (count: number, type: string) => {
    for (let made = 0; made < count; made += 1) await world.submit({ type });
  };
  /** The most starts in any second of them. */
  const mostInASecond = () => Math.max(...starts.map((at) => starts.filter((other) => other >= at && other < at + 1_000).length));

  for (const type of ['job', 'quick', 'twice']) {
    it(`of two workers with jobs of type ${type}: starts no more than its rate in all, and loses none`, async () => {
      for (const owner of ['worker-1', 'worker-2']) await world.worker({ owner, slow: gate() });
      await submit(20, type);
      await world.clock.advance(30_000);
      expect(starts).to.have.length(20);
      // A bucket that is full at first, and filled while it is emptied.
      expect(mostInASecond()).to.be.at.most(4);
      expect(starts.at(-1)! - starts[0]!).to.be.within(8_500, 14_000);
      expect(world.store.records.every(({ state }) => state === 'COMPLETED')).to.equal(true);
    });
  }

  it('whose cap ends: the others start within a second', async () => {
    await world.worker({ slow: gate() });
    perSecond = 0.001;
    await submit(10, 'quick');
    await world.clock.advance(5_000);
    expect(starts).to.have.length(1);
    perSecond = undefined;
    await world.clock.advance(1_000);
    expect(starts).to.have.length(10);
  });

  it('whose jobs wait for minutes: their bells are given back, and held no longer', async () => {
    perSecond = 0.0001;
    const { engine } = await world.worker({ slow: gate() });
    await submit(3, 'quick');
    const before = world.asked('rearm');
    await world.clock.advance(301_000);
    expect(world.asked('rearm')).to.be.above(before);
    expect([starts.length, engine.running]).to.deep.equal([1, 0]);
  });

  it('at a shutdown: what waits for it is handed back at once, and starts elsewhere', async () => {
    perSecond = 0.001;
    const { engine, consumer } = await world.worker({ slow: gate(), stages: ['p1'] });
    await submit(3, 'job');
    await world.clock.advance(1_000);
    await consumer.cancel();
    const drained = engine.drain(60_000);
    await world.clock.advance(1_000);
    await drained;
    await world.worker({ owner: 'worker-2' });
    await world.clock.advance(1_000);
    expect(starts).to.have.length(3);
  });
});
