import { expect } from 'chai';
import { StageEngine } from '../../../../shared/jobs/stage-engine.ts';
import type { Controls } from '../../../../shared/ports/controls.ts';
import { ControlFollower } from '../../../../shared/worker/control-follower.ts';
import { StageConsumer } from '../../../../shared/worker/stage-consumer.ts';
import { EngineWorld, gate, LEASE_MS } from '../../../support/engine-world.ts';
import { MemoryControls } from '../../../support/memory-controls.ts';
import { MemoryMessageBus, samePrefetch } from '../../../support/memory-message-bus.ts';
import { settled } from '../../../support/virtual-clock.ts';

const OWNER = 'worker-1';

describe('ControlFollower', () => {
  let world: EngineWorld;
  let controls: MemoryControls;
  let isAway: boolean;
  let follower: ControlFollower;
  let consumer: StageConsumer;

  beforeEach(() => {
    world = new EngineWorld();
    controls = new MemoryControls({ clock: world.clock });
    isAway = false;
  });

  afterEach(async () => {
    await consumer.stop();
    await follower.stop();
  });

  /** A worker as the services wire it. */
  async function start(stages: readonly string[] = ['p1'], slots = 1): Promise<void> {
    const { deps, outputs, runner, broker, clock } = world;
    const reader: Pick<Controls, 'read'> = { read: async () => (isAway ? Promise.reject(new Error('away')) : controls.read()) };
    follower = new ControlFollower({ ...deps, controls: reader, stages, owner: OWNER });
    const bus = new MemoryMessageBus({ broker, clock });
    const holdBack = (record: Parameters<ControlFollower['holdBack']>[0]) => follower.holdBack(record);
    const engine = new StageEngine({ ...deps, bus, outputs, runner, owner: OWNER, leaseMs: LEASE_MS, slots, holdBack });
    consumer = new StageConsumer({ ...deps, bus, engine, owner: OWNER, stages, prefetch: samePrefetch(10), shutdownTimeoutMs: 0 });
    follower.tell((isPaused) => consumer.setPaused(isPaused));
    await follower.start();
    await consumer.start();
  }
  const pause = (more: object = {}) => controls.pause({ selector: { stage: 'p1' }, reason: 'r', by: 'b', token: 't', ...more });
  const follow = () => world.clock.advance(1_700);

  it('a stage that was paused before the start: nothing is taken, the worker is healthy, and it begins when resumed', async () => {
    await pause();
    await start();
    const id = await world.submit();
    await follow();
    expect([world.state(id), world.inQueue('p1'), world.runner.runs.length]).to.deep.equal(['QUEUED', 1, 0]);
    expect([consumer.problem(), consumer.isPaused]).to.deep.equal([undefined, true]);
    await controls.endPause('stage=p1');
    await follow();
    expect(world.record(id).stage).to.equal(1);
    expect(consumer.isPaused).to.equal(false);
  });

  it('a pause under work: what runs ends and is acknowledged, what waited stands in the queue for others', async () => {
    const first = gate();
    world.script = first.script;
    await start();
    const running = await world.submit();
    await settled();
    const waiting = await world.submit();
    await settled();
    await pause();
    await follow();
    first.open();
    await world.clock.advance(1_000);
    expect([world.record(running).stage, world.record(waiting).stage]).to.deep.equal([1, 0]);
    expect(world.inQueue('p1')).to.equal(1);
    expect(world.broker.unackedCount(world.bus.queueOf('p1', 'standard'))).to.equal(0);
    await world.worker({ owner: 'worker-2', stages: ['p1'] });
    await settled();
    expect(world.record(waiting).stage).to.equal(1);
  });

  it('a pause with an end: ends by itself, also while the store is away', async () => {
    await start();
    await pause({ until: new Date(world.clock.now().getTime() + 10_000) });
    await follow();
    isAway = true;
    const id = await world.submit();
    await world.clock.advance(7_000);
    expect(world.record(id).stage).to.equal(0);
    await world.clock.advance(3_000);
    expect(world.record(id).stage).to.equal(1);
  });

  it('a worker of two stages, one of them paused: the other one goes on', async () => {
    await pause();
    await start(['p1', 'p2']);
    const [first, second] = [await world.submit(), await world.insert()];
    world.patch(second, { stage: 1, gen: 2 });
    await world.ring(second, { stage: 1, gen: 2 });
    await world.until(second, 'COMPLETED');
    expect(world.record(first)).to.include({ state: 'QUEUED', stage: 0, attempt: 0 });
    expect(consumer.isPaused).to.equal(false);
  });

  it('a drain of this worker: nothing is taken until it is ended; that of another is nothing to it', async () => {
    await start();
    await controls.drain({ workerId: 'worker-2', reason: 'r', by: 'b' });
    await follow();
    expect([follower.isDrained, consumer.isPaused]).to.deep.equal([false, false]);
    await controls.drain({ workerId: OWNER, reason: 'r', by: 'b' });
    await follow();
    expect([follower.isDrained, consumer.isPaused]).to.deep.equal([true, true]);
    const id = await world.submit();
    await follow();
    expect(world.record(id).stage).to.equal(0);
    await controls.endDrain(OWNER);
    await follow();
    expect(world.record(id).stage).to.equal(1);
  });

  it('many pauses and resumes in a row: the last one counts, and no message is lost', async () => {
    await start();
    const ids: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([consumer.setPaused(true), consumer.setPaused(false)]);
      ids.push(await world.submit());
      await settled();
    }
    await world.clock.advance(1_000);
    expect(ids.map((id) => world.record(id).stage)).to.deep.equal(ids.map(() => 1));
    expect(world.inQueue('p1')).to.equal(0);
  });
});
