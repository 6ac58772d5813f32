import { expect } from 'chai';
import { expireOverdue, rescueStalled } from '../../../../shared/jobs/rescue-stalled.ts';
import { done, EngineWorld, gate, LEASE_MS } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

describe('rescueStalled', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  /** A job whose worker died with it `crashes` times before. */
  async function abandoned(crashes: number): Promise<string> {
    const id = await world.insert();
    const lease = { until: new Date(world.clock.now().getTime() - 1) };
    const { pub: _, ...record } = world.record(id);
    world.store.put({ ...record, state: 'RUNNING', claim: 'dead-claim', owner: 'dead-worker', lease, attempt: 1, epoch: 1, crashes });
    return id;
  }

  it('a lease that ran out, sends the job back to wait, with a crash counted and no attempt', async () => {
    const id = await abandoned(0);
    expect(await rescueStalled(world)).to.equal(1);
    expect(world.record(id)).to.deep.include({ state: 'RETRY_WAIT', crashes: 1, attempt: 1, gen: 2 });
    expect(world.record(id).err).to.deep.include({ code: 'lease_lost', errorClass: 'crash', detail: { owner: 'dead-worker' } });
    expect(world.record(id)).to.not.have.any.keys('claim', 'owner', 'lease', 'startedAt');
    expect(world.record(id).pub?.due).to.deep.equal(new Date(world.clock.now().getTime() + 1_000));
  });

  it('a job that runs for days under a lease that is renewed, is never rescued: by lease, not by age', async () => {
    world.script = gate().script;
    await world.worker({ stages: ['p1'] });
    const id = await world.submit();
    for (let minute = 0; minute < 9; minute += 1) {
      await world.clock.advance(60_000);
      expect(await rescueStalled(world)).to.equal(0);
    }
    world.patch(id, { startedAt: new Date(0), createdAt: new Date(0) });
    expect([await rescueStalled(world), world.record(id).crashes]).to.deep.equal([0, 0]);
  });

  it('a holder that renewed between the look and the write, keeps its job', async () => {
    const id = await abandoned(0);
    world.store.hook = ({ method }) => {
      if (method === 'apply') world.patch(id, { lease: { until: new Date(world.clock.now().getTime() + LEASE_MS) } });
    };
    expect([await rescueStalled(world), world.state(id)]).to.deep.equal([0, 'RUNNING']);
  });

  it('two schedulers at once, count one crash', async () => {
    const id = await abandoned(0);
    expect((await Promise.all([rescueStalled(world), rescueStalled(world)])).sort()).to.deep.equal([0, 1]);
    expect(world.record(id).crashes).to.equal(1);
  });

  it('the third crash, is FAILED as crash_loop with its dead letter owed', async () => {
    const id = await abandoned(2);
    await rescueStalled(world);
    expect(world.record(id)).to.deep.include({ state: 'FAILED', crashes: 3, gen: 2 });
    expect(world.record(id).err).to.deep.include({
      code: 'crash_loop',
      message: 'Process 1 was given up: the worker that ran it died 3 times.',
    });
    await world.relayNow();
    expect(await world.bus.deadLetterDepth('p1')).to.equal(1);
  });

  it('a type that is not known here, is rescued all the same', async () => {
    const id = await abandoned(0);
    world.patch(id, { type: 'from-a-newer-release' });
    expect([await rescueStalled(world), world.state(id)]).to.deep.equal([1, 'RETRY_WAIT']);
  });

  it('a worker that is killed with its job, three times: alone after the first, quarantined after the second, then given up', async () => {
    world.script = gate().script;
    const id = await world.submit();
    for (const crashes of [1, 2, 3]) {
      const worker = await world.worker({ stages: ['p1'], owner: `worker-${crashes}` });
      await settled();
      expect(world.record(id)).to.deep.include({ state: 'RUNNING', owner: `worker-${crashes}` });
      // A killed process renews nothing: its lease ends, whatever its ghost here still does is fenced.
      worker.crash();
      world.patch(id, { lease: { until: new Date(world.clock.now().getTime() - 1) } });
      await rescueStalled(world);
      expect(world.record(id).crashes).to.equal(crashes);
      await world.clock.advance(10_000);
      await world.relayNow();
    }
    expect(world.record(id).err?.code).to.equal('crash_loop');
    expect(world.runner.runs.map(({ isolate }) => isolate)).to.deep.equal([false, true, true]);
  });

  it('a job that has crashed a worker, is claimed durably before its handler starts', async () => {
    const id = await world.insert();
    world.patch(id, { crashes: 1 });
    let durable: unknown;
    world.script = () => {
      durable = world.store.calls.find(({ transition }) => transition?.name === 'heartbeat')?.transition?.durability;
      return done;
    };
    await world.worker({ stages: ['p1'] });
    await world.ring(id);
    await settled();
    expect(durable).to.equal('majority');
  });

  it('an inline job that has crashed a worker, is worked alone and isolated, its batch without it', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => world.insert({ type: 'quick' })));
    world.patch(ids[2]!, { crashes: 1 });
    await world.bus.publish(
      ids.map((id) => ({ stageName: 'p1', stage: 0, lane: 'standard' as const, type: 'quick', bells: [{ id, gen: 1 }] })),
    );
    await world.worker({ stages: ['p1'] });
    await settled();
    expect(world.runner.batches).to.deep.equal([4]);
    expect(world.runner.runs.filter(({ isolate }) => isolate).map(({ id }) => id)).to.deep.equal([ids[2]]);
  });

  it('jobs that have crashed a worker and had to wait, take their turns as soon as there is room, without the relay', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => world.insert()));
    for (const id of ids) world.patch(id, { crashes: 1 });
    await world.worker({ slots: 10, stages: ['p1'] });
    for (const id of ids) await world.ring(id);
    await settled();
    await world.clock.advance(900);
    expect(ids.map((id) => world.record(id).stage)).to.deep.equal(ids.map(() => 1));
    expect([world.runner.peak, world.inQueue('p1')]).to.deep.equal([1, 0]);
  });

  it('jobs that have crashed a worker, run one at a time whatever slots are free, the others hold no claim; healthy ones run beside them', async () => {
    const hold = gate();
    world.script = hold.script;
    const ids = await Promise.all(Array.from({ length: 3 }, () => world.insert()));
    for (const id of ids) world.patch(id, { crashes: 1 });
    await world.worker({ slots: 10, stages: ['p1'] });
    for (const id of ids) await world.ring(id);
    const healthy = await world.submit();
    await settled();
    expect(world.runner.runs.map(({ id }) => id)).to.have.members([ids[0], healthy]);
    expect(ids.map((id) => world.state(id))).to.deep.equal(['RUNNING', 'QUEUED', 'QUEUED']);
    hold.open();
    for (const _ of ids) {
      await world.clock.advance(1_000);
      await world.relayNow();
      await settled();
    }
    expect(ids.map((id) => world.record(id).stage)).to.deep.equal([1, 1, 1]);
    expect(world.runner.peak).to.equal(2);
  });
});

describe('expireOverdue', () => {
  it('a deadline that has passed, ends the job wherever it is; a later one, does not', async () => {
    const world = new EngineWorld();
    const deadlineAt = new Date(world.clock.now().getTime() + 60_000);
    const [waiting, running, later] = [
      await world.insert({ deadlineAt }),
      await world.insert({ deadlineAt }),
      await world.insert({ deadlineAt: new Date(deadlineAt.getTime() + 1_000) }),
    ];
    world.script = gate().script;
    await world.worker({ stages: ['p1'] });
    await world.ring(running);
    await world.clock.advance(60_000);
    expect(await expireOverdue(world)).to.equal(0);
    await world.clock.advance(1);
    expect(await expireOverdue(world)).to.equal(2);
    expect([waiting, running, later].map((id) => world.state(id))).to.deep.equal(['EXPIRED', 'EXPIRED', 'QUEUED']);
    expect(world.record(running)).to.not.have.any.keys('claim', 'lease', 'pub', 'active');
    expect(world.record(running).evt?.due).to.be.instanceOf(Date);
    await world.clock.advance(10_000);
    expect([world.runner.active, world.inQueue('p1')], 'its handler was stopped').to.deep.equal([0, 0]);
  });
});
