import { expect } from 'chai';
import { type DueKind, DueWaker, type DueWakerDeps, LOOK_AGAIN_MS } from '../../../../shared/jobs/due-waker.ts';
import { expireOverdue } from '../../../../shared/jobs/rescue-stalled.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { MemoryJobChanges } from '../../../support/memory-job-changes.ts';
import { settled } from '../../../support/virtual-clock.ts';

const never = new AbortController().signal;

describe('DueWaker', () => {
  let world: EngineWorld;
  let changes: MemoryJobChanges;
  let served: { kind: DueKind; atMs: number }[];
  let startedMs: number;
  const wakers: DueWaker[] = [];

  beforeEach(() => {
    world = new EngineWorld();
    changes = new MemoryJobChanges(world.store);
    served = [];
    startedMs = world.clock.now().getTime();
  });
  afterEach(() => Promise.all(wakers.splice(0).map((waker) => waker.stop())));

  const inMs = (ms: number) => new Date(startedMs + ms);
  const watch: NonNullable<DueWakerDeps['watch']> = (woken) => changes.listen({ changed: woken, missed: woken });
  async function started(watched: Pick<DueWakerDeps, 'watch'> = { watch }): Promise<DueWaker> {
    const { store, clock, deps, relay } = world;
    const serve = async (kind: DueKind): Promise<void> => {
      served.push({ kind, atMs: clock.now().getTime() - startedMs });
      if (kind === 'bell') await relay.run(never);
      else await expireOverdue(world);
    };
    const waker = new DueWaker({ store, clock, logger: deps.logger, serve, ...watched });
    wakers.push(waker);
    await waker.start();
    // The first look, and the one that the begin of listening asks for.
    await settled();
    await clock.advance(50);
    return waker;
  }

  it('a job that is due at an odd instant, is rung at it, not before and not at the next second', async () => {
    const id = await world.insert({ runAt: inMs(7_345) });
    await started();
    await world.clock.advance(7_344 - 50);
    expect([world.state(id), served]).to.deep.equal(['SCHEDULED', []]);
    await world.clock.advance(1);
    expect([world.state(id), world.inQueue('p1'), served[0]?.atMs]).to.deep.equal(['QUEUED', 1, 7_345]);
  });

  it('a job that comes in while it sleeps and is due sooner, is rung at its instant by the change alone', async () => {
    await started();
    const id = await world.insert({ runAt: inMs(300) });
    await settled();
    await world.clock.advance(300 - 50);
    expect([world.state(id), served[0]?.atMs]).to.deep.equal(['QUEUED', 300]);
  });

  it('a change that is not told, is found by the next look', async () => {
    await started({});
    const id = await world.insert({ runAt: inMs(60 + LOOK_AGAIN_MS) });
    await world.clock.advance(60 + LOOK_AGAIN_MS - 50);
    expect(world.state(id)).to.equal('QUEUED');
  });

  it('many jobs due at one instant before three of them, are each rung once', async () => {
    for (let n = 0; n < 1_200; n += 1) await world.insert({ runAt: inMs(3_000) });
    for (let n = 0; n < 3; n += 1) await started();
    await world.clock.advance(3_000 - 150);
    expect(world.inQueue('p1')).to.equal(1_200);
  });

  it('a deadline, ends the job within some ms of it', async () => {
    const id = await world.insert({ deadlineAt: inMs(2_500) });
    await started();
    await world.clock.advance(2_500 - 50);
    expect(world.state(id)).to.equal('QUEUED');
    await world.clock.advance(1);
    expect([world.state(id), served.at(-1)]).to.deep.equal(['EXPIRED', { kind: 'deadline', atMs: 2_501 }]);
  });

  it('a store that is away, does not end it', async () => {
    const id = await world.insert({ runAt: inMs(4_000) });
    world.store.failBefore(2, ({ method }) => method === 'nextDue');
    await started();
    await world.clock.advance(3_950);
    expect(world.state(id)).to.equal('QUEUED');
  });

  it('stopped, serves nothing any more', async () => {
    await world.insert({ runAt: inMs(1_000) });
    const waker = await started();
    await waker.stop();
    await world.clock.advance(5_000);
    expect([served, changes.listening]).to.deep.equal([[], 0]);
  });
});
