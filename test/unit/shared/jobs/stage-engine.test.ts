import { expect } from 'chai';
import { done, EngineWorld, gate } from '../../../support/engine-world.ts';
import type { StoreCall } from '../../../support/memory-job-store.ts';
import { settled } from '../../../support/virtual-clock.ts';

const named =
  (name: string) =>
  ({ transition }: StoreCall): boolean =>
    transition?.name === name;
const uncertain = ['failBefore', 'failAfter'] as const;

describe('StageEngine', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  describe('commit', () => {
    it('a job of two stages, goes from POST to COMPLETED with the clock standing still: no step depends on a timer', async () => {
      const { engine } = await world.worker();
      const id = await world.submit();
      await settled();
      await settled();
      const record = world.record(id);
      expect(record).to.deep.include({ state: 'COMPLETED', stage: 1, gen: 3, epoch: 2, run: 0 });
      expect(record.results.map(({ stage, run, epoch }) => [stage, run, epoch])).to.deep.equal([
        [0, 0, 1],
        [1, 0, 2],
      ]);
      expect(record).to.not.have.any.keys('claim', 'lease', 'owner', 'active', 'pub', 'err');
      expect(record.evt).to.deep.include({ seq: 1 });
      expect(engine.counters).to.include({ claimed: 2, committed: 2 });
      expect([world.inQueue('p1'), world.inQueue('p2')]).to.deep.equal([0, 0]);
    });

    it('stage 2 of a job, never starts before stage 1 has committed', async () => {
      const first = gate();
      world.script = (job, stage) => (stage.name === 'p1' ? first.script(job, stage) : done);
      await world.worker();
      const id = await world.submit();
      await world.ring(id, { stage: 1, gen: 2 });
      await world.clock.advance(5_000);
      expect(world.runner.runs.map(({ stage }) => stage)).to.deep.equal(['p1']);
      first.open();
      await world.until(id, 'COMPLETED');
      expect(world.runner.runs.map(({ stage }) => stage)).to.deep.equal(['p1', 'p2']);
    });

    it('a commit that is not durable yet, is not acknowledged', async () => {
      await world.worker({ stages: ['p1'] });
      let release = (): void => undefined;
      world.store.hook = (call) => (named('commit')(call) ? new Promise((resolve) => (release = resolve)) : undefined);
      await world.submit();
      await settled();
      expect(world.inQueue('p1')).to.equal(1);
      release();
      await settled();
      expect(world.inQueue('p1')).to.equal(0);
    });

    it('a broker that takes nothing, holds up neither the acknowledgement nor the slot; the next bell stays owed', async () => {
      const { bus } = await world.worker({ slots: 1, stages: ['p1'] });
      bus.publish = () => new Promise(() => undefined);
      const id = await world.submit();
      const second = await world.submit();
      await settled();
      expect(world.record(second).stage, 'the next job has run').to.equal(1);
      expect([world.record(id).stage, world.inQueue('p1')]).to.deep.equal([1, 0]);
      expect(world.record(id).pub).to.have.property('due');
    });

    it('what a stage produced, is stored before its commit and visible through the committed claim only', async () => {
      world.script = () => ({ kind: 'done', summary: { rows: 7 } });
      await world.worker({ stages: ['p1'] });
      const id = await world.submit();
      await settled();
      const [result] = world.record(id).results;
      const [output] = await world.outputs.readOutputs([{ jobId: id, stage: 0, claim: result!.claim }]);
      expect(output).to.deep.equal({ jobId: id, stage: 0, claim: result!.claim, files: [], summary: { rows: 7 } });
    });

    it('inline jobs that wait together, are claimed and committed in one write each', async () => {
      const ids = await Promise.all(Array.from({ length: 50 }, () => world.insert({ type: 'quick' })));
      await world.bus.publish(
        ids.map((id) => ({ stageName: 'p1', stage: 0, lane: 'standard' as const, type: 'quick', bells: [{ id, gen: 1 }] })),
      );
      const { engine } = await world.worker({ stages: ['p1'] });
      await settled();
      expect([engine.counters.committed, world.asked('claim'), world.asked('commit')]).to.deep.equal([50, 1, 1]);
      expect(world.runner.batches).to.deep.equal([50]);
    });

    it('a batch of which one was canceled meanwhile, commits the others and discards that one', async () => {
      const hold = gate();
      world.script = hold.script;
      const ids = await Promise.all(Array.from({ length: 5 }, () => world.insert({ type: 'quick' })));
      await world.bus.publish(
        ids.map((id) => ({ stageName: 'p1', stage: 0, lane: 'standard' as const, type: 'quick', bells: [{ id, gen: 1 }] })),
      );
      const { engine } = await world.worker({ stages: ['p1'] });
      await settled();
      const { claim: _, ...canceled } = { ...world.record(ids[2]!), state: 'CANCELED' as const, gen: 2 };
      world.store.put(canceled);
      hold.open();
      await world.clock.advance(1_000);
      expect(ids.map((id) => world.record(id).stage)).to.deep.equal([1, 1, 0, 1, 1]);
      expect(engine.counters).to.include({ committed: 4, fenced: 1 });
      expect(world.inQueue('p1')).to.equal(0);
    });

    for (const fault of uncertain) {
      it(`a commit whose outcome is unknown (${fault}), is read back: committed once, rung, acknowledged`, async () => {
        world.store[fault](1, named('commit'));
        const { engine } = await world.worker();
        const id = await world.submit();
        await world.until(id, 'COMPLETED');
        await world.clock.advance(200);
        expect(world.record(id).results.map(({ stage }) => stage)).to.deep.equal([0, 1]);
        expect(engine.counters).to.include({ claimed: 2, committed: 2, fenced: 0 });
        expect([world.inQueue('p1'), world.inQueue('p2'), world.runner.runs.length]).to.deep.equal([0, 0, 2]);
      });

      it(`a batch commit whose outcome is unknown (${fault}), is finished one by one`, async () => {
        world.store[fault](1, named('commit'));
        const ids = await Promise.all(Array.from({ length: 9 }, () => world.insert({ type: 'quick' })));
        await world.bus.publish(
          ids.map((id) => ({ stageName: 'p1', stage: 0, lane: 'standard' as const, type: 'quick', bells: [{ id, gen: 1 }] })),
        );
        const { engine } = await world.worker();
        await world.clock.advanceUntil('all have ended', () => ids.every((id) => world.state(id) === 'COMPLETED'));
        await world.clock.advance(200);
        expect(engine.counters).to.include({ committed: 18, fenced: 0 });
        expect(world.inQueue('p1')).to.equal(0);
      });
    }

    it('a commit that reads as applied and may still be rolled back, is acknowledged only once it is durable', async () => {
      world.store.isReplicationHeld = true;
      world.store.failAfter(1, named('commit'));
      await world.worker({ stages: ['p1'] });
      const id = await world.submit();
      await world.clock.advance(1_000);
      expect([world.record(id).stage, world.inQueue('p1')]).to.deep.equal([1, 1]);
      world.store.replicate();
      await world.clock.advance(1_000);
      expect(world.inQueue('p1')).to.equal(0);
    });

    it('a store that is away for a minute in the middle, is waited for: the work is not lost', async () => {
      const hold = gate();
      world.script = (job, stage) => (stage.name === 'p1' ? hold.script(job, stage) : done);
      const { engine } = await world.worker();
      const id = await world.submit();
      await settled();
      world.store.failBefore(1_000_000, ({ transition, method }) => transition?.name === 'commit' || method === 'read');
      hold.open();
      await world.clock.advance(60_000);
      expect([world.state(id), world.inQueue('p1')]).to.deep.equal(['RUNNING', 1]);
      world.store.heal();
      await world.until(id, 'COMPLETED');
      expect(engine.counters).to.include({ committed: 2, fenced: 0 });
      expect(world.runner.runs).to.have.length(2);
    });
  });

  describe('a fence', () => {
    it('a zombie whose job was rescued and done by another, commits nothing and acknowledges', async () => {
      const zombie = gate();
      world.script = zombie.script;
      const first = await world.worker({ stages: ['p1'] });
      const id = await world.submit();
      await settled();
      world.patch(id, { claim: 'another', epoch: 2, gen: 2 });
      zombie.open();
      await world.clock.advance(200);
      expect(world.record(id)).to.deep.include({ state: 'RUNNING', stage: 0, claim: 'another', results: [] });
      expect(first.engine.counters).to.include({ committed: 0, fenced: 1 });
      expect(world.inQueue('p1')).to.equal(0);
    });

    it('a claim that a fail-over took back, is owed again before its bell is acknowledged', async () => {
      const hold = gate();
      world.script = hold.script;
      const { engine } = await world.worker({ stages: ['p1'] });
      const id = await world.submit();
      await world.submitter.stop();
      world.store.isReplicationHeld = true;
      await settled();
      // The claim was w:1 and is rolled back; the mark made before it was not.
      world.patch(id, { state: 'QUEUED', gen: 1, epoch: 0, attempt: 0, pub: { at: world.clock.now(), by: 'old' } });
      hold.open();
      await world.clock.advance(200);
      expect(engine.counters.fenced).to.equal(1);
      expect(world.record(id)).to.deep.include({ state: 'QUEUED', results: [] });
      expect(world.record(id).pub?.due).to.be.instanceOf(Date);
      expect(world.inQueue('p1')).to.equal(0);
      world.script = () => done;
      await world.worker();
      await world.relayNow();
      await world.until(id, 'COMPLETED');
    });
  });

  describe('slots', () => {
    it('more bells than slots, are claimed only as they can start', async () => {
      const hold = gate();
      world.script = hold.script;
      const { engine } = await world.worker({ slots: 2, stages: ['p1'] });
      const ids = [];
      for (let count = 0; count < 5; count += 1) ids.push(await world.submit());
      await settled();
      expect(ids.filter((id) => world.state(id) === 'RUNNING')).to.have.length(2);
      expect([engine.waiting, world.runner.active]).to.deep.equal([3, 2]);
      hold.open();
      await world.clock.advance(100);
      expect(ids.every((id) => world.record(id).stage === 1)).to.equal(true);
      expect(world.runner.peak).to.equal(2);
    });

    it('express, goes before standard before bulk, and none starves', async () => {
      const hold = gate();
      let isHeld = true;
      world.script = (job, stage) => (isHeld ? hold.script(job, stage) : done);
      await world.worker({ slots: 1, stages: ['p1'] });
      await world.submit();
      await settled();
      isHeld = false;
      for (const lane of ['bulk', 'standard', 'express'] as const) for (let count = 0; count < 10; count += 1) await world.submit({ lane });
      await settled();
      hold.open();
      await world.clock.advance(100);
      const lanes = world.runner.runs.slice(1).map(({ id }) => world.record(id).lane);
      const share = (lane: string) => lanes.slice(0, 10).filter((one) => one === lane).length;
      expect([share('express'), share('standard'), share('bulk')]).to.deep.equal([6, 3, 1]);
      expect(lanes).to.have.length(30);
    });
  });
});
