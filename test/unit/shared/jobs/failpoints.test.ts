import { expect } from 'chai';
import { DueRelay } from '../../../../shared/jobs/relay-due.ts';
import { relayEvents } from '../../../../shared/jobs/relay-events.ts';
import { rescueStalled } from '../../../../shared/jobs/rescue-stalled.ts';
import { JobSubmitter } from '../../../../shared/jobs/submit-job.ts';
import type { FailpointName, Failpoints } from '../../../../shared/ports/failpoints.ts';
import { done, EngineWorld, gate, reject } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

describe('failpoints', () => {
  let world: EngineWorld;
  let reached: string[];
  /** Names at which a process stands still. */
  let held: FailpointName[];
  const never = new AbortController().signal;

  beforeEach(() => {
    world = new EngineWorld();
    reached = [];
    held = [];
    const failpoints: Failpoints = {
      reach: async (name, jobIds) => {
        reached.push(`${name} ${jobIds.length}`);
        if (held.includes(name)) await new Promise(() => undefined);
      },
    };
    Object.assign(world.deps, { failpoints });
  });

  const submit = () => new JobSubmitter(world.deps).submit(world.request());
  const relay = () => new DueRelay(world.deps).run(never);

  it('a job from submission to its event, passes those of gateway, worker and scheduler in the order of the protocol', async () => {
    world.script = (_, stage) => (stage.name === 'p1' ? done : { kind: 'done', summary: { n: 1 } });
    await submit();
    await settled();
    const ring = ['publish|confirm 1', 'confirm|mark 1'];
    expect(reached.splice(0)).to.deep.equal(['before insert 1', 'insert|publish 1', ...ring]);
    await world.worker({ stages: ['p1'] });
    await settled();
    const handled = ['delivery|claim 1', 'claim|handler 1', 'output|commit 1'];
    const stage = [...handled, 'commit|ack 1', 'ack|publish 1'];
    // A lone job's bell leaves while its commit is under way.
    expect(reached.splice(0)).to.deep.equal([...handled, ...ring, 'commit|ack 1', 'ack|publish 1']);
    await world.worker({ stages: ['p2'] });
    await settled();
    expect(reached.splice(0)).to.deep.equal([...stage, 'event publish|mark 1']);
  });

  it('an event that is left to the relay, passes its failpoint there', async () => {
    world.script = () => reject;
    await submit();
    await world.worker();
    await settled();
    reached = [];
    await relayEvents({ ...world.deps, bus: world.bus }, never);
    expect(reached).to.deep.equal(['event publish|mark 1']);
  });

  it('a bell and a dead letter that are owed, pass those of the relay', async () => {
    world.bus.isConnected = false;
    await submit();
    world.bus.isConnected = true;
    await world.clock.advance(15_000);
    reached = [];
    await relay();
    expect(reached.splice(0)).to.deep.equal(['take|publish 1', 'publish|confirm 1', 'confirm|mark 1']);
    world.script = () => reject;
    await world.worker();
    await settled();
    reached = [];
    await relay();
    expect(reached).to.deep.equal(['take|publish 1', 'confirm|mark 1']);
  });

  it('a job whose lease ran out, passes the one of the rescue; with nothing to do none is reached', async () => {
    await rescueStalled(world.deps);
    await relay();
    await relayEvents({ ...world.deps, bus: world.bus }, never);
    expect(reached).to.deep.equal([]);
    world.script = gate().script;
    await world.worker();
    const { id } = await submit();
    await settled();
    world.patch(id, { lease: { until: new Date(world.clock.now().getTime() - 1) } });
    reached = [];
    expect(await rescueStalled(world.deps)).to.equal(1);
    expect(reached).to.deep.equal(['find|rescue 1']);
  });

  it('a process that is held at one, does nothing beyond it', async () => {
    held = ['output|commit'];
    await world.worker({ stages: ['p1'] });
    await submit();
    await settled();
    expect(reached.at(-1)).to.equal('output|commit 1');
    expect([world.inQueue('p1'), world.inQueue('p2')]).to.deep.equal([1, 0]);
    held = ['before insert'];
    void submit();
    await settled();
    expect((await world.store.list({}, 10)).jobs).to.have.length(1);
  });
});
