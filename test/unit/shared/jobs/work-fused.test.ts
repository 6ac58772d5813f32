import { expect } from 'chai';
import { cancel, claimCommit } from '../../../../shared/domain/transitions.ts';
import { BROKEN, done, EngineWorld, gate, LEASE_MS, reject, retry } from '../../../support/engine-world.ts';
import type { StoreCall } from '../../../support/memory-job-store.ts';
import { settled } from '../../../support/virtual-clock.ts';

const named =
  (name: string) =>
  ({ transition }: StoreCall): boolean =>
    transition?.name === name;

describe('a handler that may run twice', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });
  const submit = () => world.submit({ type: 'twice' });

  it('is claimed and committed in one write a stage, with results as if it had been claimed', async () => {
    const ids = [await submit(), await submit(), await submit()];
    await world.worker();
    await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'));
    expect([world.asked('claim'), world.asked('heartbeat'), world.asked('commit')]).to.deep.equal([0, 0, 0]);
    expect(world.asked('claim_commit')).to.equal(2);
    for (const id of ids) {
      const { results, epoch, attempt, gen } = world.record(id);
      expect(results.map((one) => [one.stage, one.run, one.epoch])).to.deep.equal([
        [0, 0, 1],
        [1, 0, 2],
      ]);
      expect([epoch, attempt, gen, new Set(results.map(({ claim }) => claim)).size]).to.deep.equal([2, 1, 3, 2]);
    }
    expect(world.inQueue('p1') + world.inQueue('p2')).to.equal(0);
  });

  it('sees the attempt that it is', async () => {
    await world.worker();
    await submit();
    await settled();
    expect(world.runner.runs[0]).to.deep.include({ attempt: 1 });
  });

  it('whose record was read too long ago, is not started on what it said: a claim looks anew', async () => {
    world.store.hook = async ({ method }) => {
      if (method !== 'readWithPayloads') return;
      world.store.hook = undefined;
      await world.clock.sleep(LEASE_MS);
    };
    await world.worker({ stages: ['p1'] });
    const id = await submit();
    await settled();
    await world.store.apply([id], cancel(1));
    await world.clock.advance(LEASE_MS + 1_000);
    expect([world.runner.runs, world.state(id), world.inQueue('p1')]).to.deep.equal([[], 'CANCELED', 0]);
  });

  for (const how of ['failBefore', 'failAfter'] as const) {
    it(`whose write has an unknown outcome (${how}), is decided by its evidence, once`, async () => {
      world.store[how](1, named('claim_commit'));
      await world.worker();
      const id = await submit();
      await world.until(id, 'COMPLETED');
      expect(world.record(id).results.map(({ stage }) => stage)).to.deep.equal([0, 1]);
      expect(world.runner.runs).to.have.length(2);
      await world.clock.advance(1_000);
      expect(world.inQueue('p1') + world.inQueue('p2')).to.equal(0);
    });
  }

  it('rung again while its handler runs, waits for its end and is not run beside itself', async () => {
    const hold = gate();
    world.script = (job, stage) => (job.record.stage === 0 ? hold.script(job, stage) : done);
    await world.worker();
    const id = await submit();
    await settled();
    await world.ring(id, { type: 'twice' });
    await world.clock.advance(5_000);
    expect([world.runner.runs.length, world.inQueue('p1')]).to.deep.equal([1, 2]);
    hold.open();
    await world.until(id, 'COMPLETED');
    await world.clock.advance(5_000);
    expect([world.runner.runs.length, world.asked('claim'), world.inQueue('p1')]).to.deep.equal([2, 1, 0]);
  });

  for (const count of [2, 3])
    it(`rung ${count} times before it is looked at, runs once`, async () => {
      const id = await submit();
      for (let more = 1; more < count; more += 1) await world.ring(id, { type: 'twice' });
      await world.worker();
      await world.until(id, 'COMPLETED');
      await world.clock.advance(5_000);
      expect([world.runner.runs.length, world.inQueue('p1')]).to.deep.equal([2, 0]);
    });

  it('whose bell comes just before its commit, is looked at again after 2 ms, and worked without a claim', async () => {
    const id = await submit();
    await world.worker({ stages: ['p2'] });
    await world.ring(id, { type: 'twice', stage: 1, gen: 2 });
    await settled();
    await world.store.apply([id], claimCommit({ stage: 0, gen: 1, claim: 'c', token: 't', last: false, tookMs: 1, retainMs: 1 }));
    await world.clock.advance(1);
    expect(world.state(id)).to.equal('QUEUED');
    await world.clock.advance(1);
    expect([world.state(id), world.asked('claim')]).to.deep.equal(['COMPLETED', 0]);
  });

  it('that another worker has committed meanwhile, discards its result', async () => {
    const hold = gate();
    world.script = (job, stage) => (job.record.stage === 0 ? hold.script(job, stage) : done);
    const slow = await world.worker({ owner: 'slow', stages: ['p1'] });
    const id = await submit();
    await settled();
    await world.ring(id, { type: 'twice' });
    world.script = () => done;
    await world.worker({ owner: 'quick' });
    await settled();
    await world.ring(id, { type: 'twice' });
    hold.open();
    await world.until(id, 'COMPLETED');
    await world.clock.advance(1_000);
    expect(world.record(id).results.map(({ stage }) => stage)).to.deep.equal([0, 1]);
    expect(slow.engine.counters.fenced + slow.engine.counters.committed).to.be.at.least(1);
    expect(world.inQueue('p1')).to.equal(0);
  });

  it('canceled while it runs, does not commit', async () => {
    const hold = gate();
    world.script = hold.script;
    const { engine } = await world.worker();
    const id = await submit();
    await settled();
    world.patch(id, { state: 'CANCELED', active: undefined as never, gen: 2 });
    hold.open();
    await world.clock.advance(1_000);
    expect([world.state(id), world.record(id).results, engine.counters.fenced, world.inQueue('p1')]).to.deep.equal(['CANCELED', [], 1, 0]);
  });

  it('that fails, is claimed for its failure: the attempt counts and the error is kept', async () => {
    let calls = 0;
    world.script = () => (++calls === 1 ? retry : done);
    await world.worker();
    const id = await submit();
    await settled();
    expect(world.record(id)).to.deep.include({ state: 'RETRY_WAIT', attempt: 1, epoch: 1, err: BROKEN });
    expect(world.runner.runs).to.have.length(1);
    await world.clock.advance(2_000);
    await world.relayNow();
    await world.until(id, 'COMPLETED');
  });

  it('one of a batch that is rejected, is a dead letter and the others are committed', async () => {
    const ids = [await submit(), await submit(), await submit()];
    world.script = (job) => (job.record.id === ids[1] ? reject : done);
    await world.worker();
    await world.clock.advanceUntil('all end', () => ids.every((id) => !world.record(id).active));
    expect(ids.map((id) => world.state(id))).to.deep.equal(['COMPLETED', 'FAILED', 'COMPLETED']);
  });

  it('delivered again, or of a job that has crashed a worker, is claimed first', async () => {
    const lost = await world.bus.consume({
      stages: ['p1'],
      prefetch: { express: 1, standard: 1, bulk: 1, overflow: 1 },
      onDelivery: () => undefined,
    });
    const again = await submit();
    await settled();
    await lost.close();
    const crashed = await world.insert({ type: 'twice' });
    world.patch(crashed, { crashes: 1 });
    await world.ring(crashed, { type: 'twice' });
    await world.worker({ stages: ['p1'] });
    await world.clock.advanceUntil('both committed', () => [again, crashed].every((id) => world.record(id).stage === 1));
    expect([world.asked('claim'), world.asked('claim_commit')]).to.deep.equal([2, 0]);
  });

  it('at work when its worker stops, leaves the bell to another', async () => {
    world.script = gate().script;
    const { engine, consumer } = await world.worker({ stages: ['p1'] });
    const id = await submit();
    await settled();
    await consumer.cancel();
    const drained = engine.drain(1_000);
    await world.clock.advance(1_000);
    await drained;
    await consumer.close();
    expect([world.state(id), world.record(id).epoch, world.inQueue('p1')]).to.deep.equal(['QUEUED', 0, 1]);
    world.script = () => done;
    await world.worker({ owner: 'worker-2' });
    await world.until(id, 'COMPLETED');
  });

  it('that takes longer than its stage may, is stopped and retried', async () => {
    world.script = gate().script;
    await world.worker({ stages: ['p2'] });
    const id = await world.insert({ type: 'twice' });
    world.patch(id, { stage: 1 });
    await world.ring(id, { type: 'twice', stage: 1 });
    await world.clock.advance(60_000);
    expect(world.record(id)).to.deep.include({ state: 'RETRY_WAIT', attempt: 1 });
    expect(world.record(id).err?.code).to.equal('stage_timeout');
  });
});
