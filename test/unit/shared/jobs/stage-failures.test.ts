import { expect } from 'chai';
import { errorFingerprint } from '../../../../shared/domain/dead-letters/fingerprint.ts';
import { BROKEN, done, EngineWorld, gate, REJECTED, reject, retry } from '../../../support/engine-world.ts';
import type { StoreCall } from '../../../support/memory-job-store.ts';
import { settled } from '../../../support/virtual-clock.ts';

const named =
  (name: string) =>
  ({ transition }: StoreCall): boolean =>
    transition?.name === name;
const uncertain = ['failBefore', 'failAfter'] as const;

describe('StageEngine: a stage that fails', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('an attempt that fails, waits by backoff, is rung by the relay when due and not before, and may then succeed', async () => {
    let calls = 0;
    world.script = () => (++calls === 1 ? retry : done);
    const { engine } = await world.worker();
    const id = await world.submit();
    await settled();
    expect(world.record(id)).to.deep.include({ state: 'RETRY_WAIT', stage: 0, gen: 2, attempt: 1, err: BROKEN });
    expect(world.record(id).pub?.due).to.deep.equal(new Date(world.clock.now().getTime() + 1_000));
    expect(world.inQueue('p1')).to.equal(0);
    await world.clock.advance(999);
    expect(await world.relayNow()).to.equal(0);
    await world.clock.advance(1);
    expect(await world.relayNow()).to.equal(1);
    await world.until(id, 'COMPLETED');
    expect(world.record(id).log.map(({ event, attempt }) => [event, attempt])).to.deep.equal([['retry', 1]]);
    expect(engine.counters).to.include({ retried: 1, committed: 2 });
  });

  for (const type of ['job', 'quick']) {
    it(`a fault of the store that is no outage, at the claim of a ${type} and at the look after it: logged, and tried again`, async () => {
      const fault = new TypeError('not an outage');
      let faults = 3;
      world.store.hook = ({ method }) => {
        if ((method === 'claim' || method === 'read') && faults-- > 0) throw fault;
      };
      await world.worker();
      const id = await world.submit({ type });
      await world.until(id, 'COMPLETED');
      expect(world.log.filter(({ level }) => level === 'error').length).to.be.greaterThan(1);
      expect(world.inQueue('p1')).to.equal(0);
      expect(world.record(id).results).to.have.length(2);
    });
  }

  for (const type of ['job', 'quick', 'twice']) {
    it(`an output of a ${type} that the store refuses, fails the attempt of its own job alone; the worker lives, so no lease runs out`, async () => {
      const insert = world.outputs.insertOutputs.bind(world.outputs);
      const refused: string[] = [];
      world.outputs.insertOutputs = async (outputs) => {
        if (outputs.some(({ jobId }) => refused.includes(jobId))) throw new Error('Document failed validation');
        await insert(outputs);
      };
      world.script = () => ({ kind: 'done', summary: { n: 1 } });
      const ids = [await world.insert({ type }), await world.insert({ type })];
      refused.push(ids[0]!);
      await world.worker({ stages: ['p1'] });
      for (const id of ids) void world.ring(id, { type });
      await settled();
      expect(world.record(ids[0]!)).to.deep.include({ state: 'RETRY_WAIT', stage: 0, attempt: 1, crashes: 0 });
      expect(world.record(ids[0]!).err?.code).to.equal('worker_error');
      expect(world.record(ids[1]!)).to.deep.include({ state: 'QUEUED', stage: 1 });
      expect(world.inQueue('p1')).to.equal(0);
      refused.pop();
      await world.clock.advance(10_000);
      await world.relayNow();
      await settled();
      expect(world.record(ids[0]!)).to.deep.include({ state: 'QUEUED', stage: 1, crashes: 0 });
    });
  }

  it('a stage that fails at every attempt, ends FAILED after three and owes its dead letter', async () => {
    world.script = () => retry;
    const { engine } = await world.worker();
    const id = await world.submit();
    for (let again = 1; again <= 2; again += 1) {
      await world.clock.advance(10_000);
      await world.relayNow();
      await settled();
    }
    expect(world.record(id)).to.deep.include({ state: 'FAILED', attempt: 3, err: { ...BROKEN, fingerprint: errorFingerprint(BROKEN) } });
    expect(world.record(id).log.map(({ event }) => event)).to.deep.equal(['retry', 'retry', 'dead']);
    expect(engine.counters).to.include({ retried: 2, dead: 1 });
    expect(await world.bus.deadLetterDepth('p1')).to.equal(0);
    await world.relayNow();
    expect(await world.bus.deadLetterDepth('p1')).to.equal(1);
    expect(world.inQueue('p1')).to.equal(0);
  });

  it('stage 2 failing, never runs stage 1 again', async () => {
    world.script = (_, stage) => (stage.name === 'p2' ? retry : done);
    await world.worker();
    const id = await world.submit();
    for (let round = 0; round < 4; round += 1) {
      await world.clock.advance(10_000);
      await world.relayNow();
    }
    expect(world.state(id)).to.equal('FAILED');
    expect(world.runner.runs.map(({ stage, attempt }) => `${stage}/${attempt}`)).to.deep.equal(['p1/1', 'p2/1', 'p2/2', 'p2/3']);
  });

  it('a rejection, ends FAILED at once', async () => {
    world.script = () => reject;
    await world.worker();
    const id = await world.submit();
    await settled();
    expect(world.record(id)).to.deep.include({
      state: 'FAILED',
      attempt: 1,
      err: { ...REJECTED, fingerprint: errorFingerprint(REJECTED) },
    });
  });

  for (const fault of uncertain) {
    it(`a failure whose write is unknown (${fault}), is recorded once`, async () => {
      world.script = () => retry;
      world.store[fault](1, named('fail'));
      const { engine } = await world.worker();
      const id = await world.submit();
      await world.clock.advance(500);
      expect(world.record(id)).to.deep.include({ state: 'RETRY_WAIT', gen: 2, attempt: 1 });
      expect(world.record(id).log).to.have.length(1);
      expect([engine.counters.retried, world.inQueue('p1')]).to.deep.equal([1, 0]);
    });
  }

  it('a bug in the middle of the work, leaves the job to its lease and its neighbours alone', async () => {
    const bad = await world.insert({ payload: { input: 'x'.repeat(5_000), options: {} } });
    world.store.hook = ({ method, ids }) => {
      if (method === 'readPayloads' && ids.includes(bad)) throw new TypeError('a bug');
    };
    await world.worker({ stages: ['p1'] });
    await world.ring(bad);
    const good = await world.submit();
    await world.clock.advance(1_000);
    expect([world.record(good).stage, world.state(bad), world.inQueue('p1')]).to.deep.equal([1, 'RUNNING', 1]);
    expect(world.log.filter(({ level }) => level === 'error').map(({ message }) => message)).to.deep.equal(['working a claim failed']);
  });

  it('a job of a type without a handler here, is handed back for 30 s without counting as an attempt', async () => {
    const { engine } = await world.worker();
    const id = await world.submit({ type: 'rare' });
    await settled();
    expect(world.record(id)).to.deep.include({ state: 'QUEUED', attempt: 0, gen: 2 });
    expect(world.record(id).pub?.due).to.deep.equal(new Date(world.clock.now().getTime() + 30_000));
    expect([engine.counters.released, world.inQueue('p1')]).to.deep.equal([1, 0]);
  });

  it('a release that was only read back, is left to the relay: its bell would outlive a fail-over that takes the release back', async () => {
    world.script = gate().script;
    const { engine, consumer, bus } = await world.worker({ stages: ['p1'] });
    const id = await world.submit();
    await settled();
    await consumer.cancel();
    world.store.isReplicationHeld = true;
    world.store.failAfter(1, named('release'));
    const drained = engine.drain(1_000);
    await world.clock.advance(10_000);
    await drained;
    expect(world.record(id)).to.deep.include({ state: 'QUEUED', gen: 2 });
    expect(bus.published).to.have.length(0);
    world.store.replicate();
    expect(await world.relayNow()).to.equal(1);
  });
});
