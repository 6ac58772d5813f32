import { expect } from 'chai';
import { noteFailure, setByHand } from '../../../../../shared/domain/control/breaker.ts';
import { wakeAfterBreakers } from '../../../../../shared/jobs/wake-after-breakers.ts';
import type { Outcome } from '../../../../../shared/ports/stage-handler.ts';
import { done, EngineWorld, gate } from '../../../../support/engine-world.ts';
import { MemoryBreakers } from '../../../../support/memory-breakers.ts';
import { MemoryControls } from '../../../../support/memory-controls.ts';
import { MemoryPostponedJobs } from '../../../../support/memory-postponed-jobs.ts';
import { settled } from '../../../../support/virtual-clock.ts';

const HOUR_MS = 3_600_000;
const HOST = 'cut.example.com';
const hold: Outcome = { kind: 'hold', afterMs: HOUR_MS };

describe('jobs whose handler holds them back', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  for (const type of ['job', 'quick', 'twice', 'http']) {
    it(`of type ${type}: are handed back without an attempt until then`, async () => {
      world.script = () => hold;
      const { engine } = await world.worker();
      const ids = [await world.submit({ type }), await world.submit({ type })];
      await world.clock.advance(2_000);
      for (const id of ids) {
        expect(world.record(id)).to.deep.include({ state: 'QUEUED', stage: 0, attempt: 0, gen: 2 });
        expect(world.record(id).pub!.due!.getTime() - world.clock.now().getTime()).to.be.within(HOUR_MS - 2_000, HOUR_MS);
      }
      expect(engine.counters).to.include({ postponed: 2, retried: 0, dead: 0 });
      expect([world.inQueue('p1'), engine.running]).to.deep.equal([0, 0]);
      world.script = () => done;
      await world.clock.advance(HOUR_MS);
      await world.relayNow();
      for (const id of ids) await world.until(id, 'COMPLETED');
    });
  }

  it('that wait for their dependency: three at a time, beside inline jobs, which go on', async () => {
    const slow = gate();
    world.script = (job, stage) => (job.record.type === 'http' ? slow.script(job, stage) : done);
    const { engine } = await world.worker();
    const waiting = await Promise.all(Array.from({ length: 5 }, () => world.submit({ type: 'http' })));
    const quick = await world.submit({ type: 'quick' });
    await world.until(quick, 'COMPLETED');
    expect(engine.running).to.equal(3);
    expect(engine.waiting).to.equal(2);
    slow.open();
    for (const id of waiting) await world.until(id, 'COMPLETED');
  });

  describe('when their breaker', () => {
    const sites = { endpoints: new Map([['cut', { name: 'cut', urls: { p1: `https://${HOST}/` }, timeoutMs: 1, maxAnswerBytes: 1 }]]) };
    const settings = { failures: 1, windowMs: 1_000, probeMs: 60_000, probeMaxMs: 60_000 };
    let breakers: MemoryBreakers;
    let ids: readonly string[];
    beforeEach(async () => {
      breakers = new MemoryBreakers({ clock: world.clock });
      const failure = { jobs: 1, successes: 0, reason: 'It answered 503.' };
      await breakers.swap(noteFailure(undefined, HOST, failure, { settings, now: world.clock.now() }).breaker);
      world.script = () => hold;
      await world.worker();
      ids = await Promise.all(Array.from({ length: 10 }, () => world.submit({ type: 'http' })));
      await world.clock.advance(2_000);
      await settled();
    });
    const owedNow = () => ids.filter((id) => world.record(id).pub!.due! <= world.clock.now()).length;
    const wake = () => {
      const controls = new MemoryControls({ clock: world.clock, breakers });
      const deps = { ...world.deps, controls, postponed: new MemoryPostponedJobs(world.store), sites };
      return wakeAfterBreakers(deps, new AbortController().signal);
    };

    it('is open: they stay', async () => {
      expect(await wake()).to.equal(0);
      expect(owedNow()).to.equal(0);
    });

    it('is closed: all are owed at once, and those that are held back a little later too', async () => {
      const closed = setByHand((await breakers.read(HOST)).breaker, HOST, 'closed', { now: world.clock.now(), by: 'ops', reason: 'x' });
      await breakers.swap(closed);
      expect(await wake()).to.equal(10);
      expect(owedNow()).to.equal(10);
      await world.clock.advance(20_000);
      await world.relayNow();
      await world.clock.advance(1_000);
      expect(await wake(), 'a worker that did not know held them back again').to.equal(10);
      await world.clock.advance(30_000);
      expect(await wake(), 'half a minute later').to.equal(0);
    });

    it('is due for a probe that nobody takes: three are owed', async () => {
      await world.clock.advance(64_000);
      expect(await wake()).to.equal(3);
      expect(owedNow()).to.equal(3);
    });
  });
});
