import { expect } from 'chai';
import { LazyMarks, MARK_AFTER_MS, type RungBell } from '../../../../shared/jobs/lazy-marks.ts';
import { EngineWorld } from '../../../support/engine-world.ts';

describe('LazyMarks, of first bells', () => {
  let world: EngineWorld;
  let marks: LazyMarks;
  beforeEach(() => {
    world = new EngineWorld();
    marks = new LazyMarks(world.deps);
  });

  async function rung(): Promise<RungBell> {
    const token = world.clock.uuid();
    return { id: await world.insert({ token }), token };
  }

  const claim = ({ id }: RungBell) => world.patch(id, { state: 'RUNNING', pub: {} });
  const looks = () => world.store.calls.filter(({ method }) => method === 'nextDue').length;
  const isOwed = ({ id }: RungBell) => world.record(id).pub?.due !== undefined;

  it('whose jobs were all claimed, looks at none of them', async () => {
    const bells = [await rung(), await rung()];
    marks.add(bells, true);
    for (const bell of bells) claim(bell);
    await world.clock.advance(MARK_AFTER_MS);
    expect([world.asked('mark'), looks()]).to.deep.equal([0, 1]);
    await world.clock.advance(60_000);
    expect(looks(), 'once').to.equal(1);
  });

  for (const lateMs of [0, 10_000])
    it(`of which one waits, marks it, also when its ring took ${lateMs} ms after the write that owes it`, async () => {
      const bells = [await rung(), await rung()];
      await world.clock.advance(lateMs);
      marks.add(bells, true);
      claim(bells[0]!);
      await world.clock.advance(MARK_AFTER_MS);
      expect([world.asked('mark'), bells.map(isOwed)]).to.deep.equal([1, [false, false]]);
    });

  it('rung over seconds, of which the last ones wait, marks them when their time has come', async () => {
    const early = await rung();
    marks.add([early], true);
    claim(early);
    await world.clock.advance(2_000);
    const late = await rung();
    marks.add([late], true);
    await world.clock.advance(MARK_AFTER_MS - 1);
    expect(isOwed(late)).to.equal(true);
    await world.clock.advance(1_000);
    expect(isOwed(late)).to.equal(false);
  });

  it('while the store does not say what is owed, marks them all the same', async () => {
    const bell = await rung();
    world.store.failBefore(1, ({ method }) => method === 'nextDue');
    marks.add([bell], true);
    await world.clock.advance(MARK_AFTER_MS);
    expect([world.asked('mark'), isOwed(bell)]).to.deep.equal([1, false]);
  });

  it('beside bells that are rung again, keeps those', async () => {
    const [first, again] = [await rung(), await rung()];
    for (const bell of [first, again]) claim(bell);
    marks.add([first], true);
    marks.add([again]);
    await world.clock.advance(MARK_AFTER_MS);
    expect(world.asked('mark')).to.equal(1);
  });

  it('at a stop, marks what waits without its time', async () => {
    const bell = await rung();
    marks.add([bell], true);
    await marks.stop();
    expect(isOwed(bell)).to.equal(false);
  });
});
