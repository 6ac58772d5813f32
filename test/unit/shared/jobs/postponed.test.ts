import { expect } from 'chai';
import { wakePostponed } from '../../../../shared/jobs/wake-postponed.ts';
import { EngineWorld, gate } from '../../../support/engine-world.ts';
import { MemoryControls } from '../../../support/memory-controls.ts';
import { MemoryPostponedJobs } from '../../../support/memory-postponed-jobs.ts';
import { settled } from '../../../support/virtual-clock.ts';
import { storedWindow } from '../../../support/windows/window-arbitrary.ts';

const HOUR_MS = 3_600_000;

describe('jobs that are held back', () => {
  let world: EngineWorld;
  let controls: MemoryControls;
  let isPaused: boolean;
  beforeEach(() => {
    world = new EngineWorld();
    controls = new MemoryControls({ clock: world.clock });
    isPaused = true;
  });

  const holdBack = () => (isPaused ? HOUR_MS : undefined);
  const wake = () =>
    wakePostponed({ ...world.deps, controls, postponed: new MemoryPostponedJobs(world.store) }, new AbortController().signal);

  for (const type of ['job', 'quick', 'twice']) {
    it(`of type ${type}: are postponed without an attempt, nothing of theirs is run, and they run when owed again`, async () => {
      const { engine } = await world.worker({ holdBack });
      const ids = [await world.submit({ type }), await world.submit({ type })];
      await world.clock.advance(2_000);
      for (const id of ids) {
        expect(world.record(id)).to.deep.include({ state: 'QUEUED', stage: 0, attempt: 0, gen: 2 });
        const leftMs = world.record(id).pub!.due!.getTime() - world.clock.now().getTime();
        expect(leftMs).to.be.within(HOUR_MS - 2_000, HOUR_MS);
      }
      expect(world.runner.runs).to.deep.equal([]);
      expect(engine.counters.postponed).to.equal(2);
      expect([world.inQueue('p1'), engine.running]).to.deep.equal([0, 0]);
      isPaused = false;
      await world.clock.advance(HOUR_MS);
      await world.relayNow();
      for (const id of ids) await world.until(id, 'COMPLETED');
      expect(world.record(ids[0]!)).to.include({ run: 0, crashes: 0 });
    });
  }

  it('and of another type in the same batch: that one runs', async () => {
    await world.worker({ holdBack: ({ type }) => (type === 'quick' ? HOUR_MS : undefined) });
    const [quick, twice] = [await world.submit({ type: 'quick' }), await world.submit({ type: 'twice' })];
    await world.until(twice, 'COMPLETED');
    expect(world.record(quick)).to.include({ state: 'QUEUED', stage: 0 });
  });

  it('when their pause is ended by hand: are owed at once, and the pause is forgotten half a minute later', async () => {
    await world.worker({ holdBack });
    const id = await world.submit();
    await controls.pause({ selector: { type: 'job' }, reason: 'r', by: 'b', token: 't' });
    await settled();
    expect(await wake(), 'while it lasts').to.equal(0);
    isPaused = false;
    await controls.endPause('type=job');
    expect(await wake()).to.equal(1);
    await world.relayNow();
    await world.until(id, 'COMPLETED');
    expect((await controls.read()).pauses).to.have.length(1);
    await world.clock.advance(31_000);
    await wake();
    expect((await controls.read()).pauses).to.deep.equal([]);
  });

  it('when a worker postpones more after the end: those are owed at once too', async () => {
    await controls.pause({ selector: { stage: 'p1' }, reason: 'r', by: 'b', token: 't' });
    await controls.endPause('stage=p1');
    expect(await wake()).to.equal(0);
    await world.worker({ holdBack });
    const id = await world.submit();
    await settled();
    expect(world.record(id).gen).to.equal(2);
    expect(await wake()).to.equal(1);
  });

  it('by a pause of another stage or type: are left as they are when it ends', async () => {
    await world.worker({ holdBack });
    await world.submit();
    await settled();
    for (const selector of [{ stage: 'p2' }, { type: 'quick' }, { tenant: 'nobody' }]) {
      const { id } = await controls.pause({ selector, reason: 'r', by: 'b', token: 't' });
      await controls.endPause(id);
    }
    expect(await wake()).to.equal(0);
  });

  it('and are off-peak, while no off-peak window is open: a pause that ends leaves them', async () => {
    await world.worker({ holdBack });
    const [id, other] = [await world.submit(), await world.submit()];
    await settled();
    world.patch(id, { offPeak: {} });
    const calendar = { kind: 'weekly', weekdays: ['mon'], from: '22:00', until: '23:00', timeZone: 'UTC' } as const;
    await controls.windows.put(storedWindow({ calendar }));
    await controls.pause({ selector: {}, reason: 'r', by: 'b', token: 't' });
    await controls.endPause('all');
    expect(await wake()).to.equal(1);
    expect(world.record(other).pub!.due).to.deep.equal(world.clock.now());
  });

  it('giveBack: what waits is owed again, rung and acknowledged; what runs goes on', async () => {
    const first = gate();
    world.script = first.script;
    const { engine, consumer } = await world.worker({ slots: 1, stages: ['p1'] });
    const running = await world.submit();
    await settled();
    const waiting = [await world.submit(), await world.submit({ type: 'rare' })];
    await settled();
    expect(engine.waiting).to.equal(2);
    await consumer.windDown();
    await engine.giveBack();
    await settled();
    expect([engine.waiting, engine.running]).to.deep.equal([0, 1]);
    expect(world.inQueue('p1'), 'both and the one that runs').to.equal(3);
    for (const id of waiting) expect(world.record(id)).to.include({ state: 'QUEUED', gen: 1, attempt: 0 });
    first.open();
    await world.clock.advance(1_000);
    expect(world.record(running).stage).to.equal(1);
    expect(world.inQueue('p1')).to.equal(2);
  });
});
