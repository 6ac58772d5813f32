import { expect } from 'chai';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { type FsckRunnerDeps, runFsckRequests } from '../../../../shared/jobs/run-fsck-requests.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { MemoryFsckRuns } from '../../../support/memory-fsck-runs.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { settled } from '../../../support/virtual-clock.ts';

const MINUTE_MS = 60_000;

describe('running requested fscks', () => {
  let world: EngineWorld;
  let deps: FsckRunnerDeps;
  let fsckRuns: MemoryFsckRuns;
  const log: { level: string; message: string; fields: object }[] = [];
  beforeEach(() => {
    world = new EngineWorld();
    log.length = 0;
    fsckRuns = new MemoryFsckRuns(world);
    const leases = new MemoryLeaseStore(world);
    deps = { ...world.deps, outputs: world.outputs, leases, fsckRuns, owner: 'scheduler-1', logger: silentLogger(log) };
  });

  async function run(more: Partial<FsckRunnerDeps> = {}, signal = new AbortController().signal): Promise<number | Error> {
    let outcome: number | Error | undefined;
    runFsckRequests({ ...deps, ...more }, signal).then(
      (count) => {
        outcome = count;
      },
      (error: Error) => {
        outcome = error;
      },
    );
    await world.clock.advanceUntil('it has ended', () => outcome !== undefined, 10 * MINUTE_MS);
    return outcome!;
  }

  const lines = () => log.filter(({ message }) => message.startsWith('fsck')).map(({ level, message }) => [level, message]);

  it('nothing asked for, does nothing', async () => expect(await run()).to.equal(0));

  it('a request, is run to its result, logged as information when clean', async () => {
    await fsckRuns.request({ id: 'a', by: 'operator', repair: false });
    expect(await run()).to.equal(1);
    const ended = await fsckRuns.read('a');
    expect(ended).to.include({ state: 'done', tries: 1 });
    expect(ended!.report).to.include({ jobs: 0, repair: false });
    expect(lines()).to.deep.equal([['info', 'fsck found nothing wrong']]);
  });

  it('findings, are an error in the log; with repair they are mended', async () => {
    const id = await world.insert();
    world.patch(id, { pub: { at: new Date(world.clock.now().getTime() - 5 * MINUTE_MS) } });
    await fsckRuns.request({ id: 'a', by: 'schedule', repair: false });
    await run();
    expect(lines()).to.deep.equal([['error', 'fsck has findings']]);
    expect(log.at(-1)!.fields).to.include({ run: 'a', by: 'schedule', errors: 1, repaired: 0 });
    await fsckRuns.request({ id: 'b', by: 'operator', repair: true });
    await run();
    expect((await fsckRuns.read('b'))!.report).to.include({ errors: 1, repaired: 1 });
  });

  it('two schedulers, run a request once', async () => {
    await fsckRuns.request({ id: 'a', by: 'operator', repair: false });
    const second = runFsckRequests({ ...deps, owner: 'scheduler-2' }, new AbortController().signal);
    await settled();
    expect(await run()).to.equal(0);
    await world.clock.advance(10_000);
    expect([await second, (await fsckRuns.read('a'))!.tries]).to.deep.equal([1, 1]);
  });

  it('a scheduler that stops, gives the run back; the next one begins it anew', async () => {
    await fsckRuns.request({ id: 'a', by: 'operator', repair: false });
    const stop = new AbortController();
    const first = runFsckRequests(deps, stop.signal);
    await settled();
    expect(await fsckRuns.read('a')).to.include({ state: 'running' });
    stop.abort();
    await world.clock.advance(1_000);
    expect(await first).to.equal(0);
    expect(await fsckRuns.read('a')).to.include({ state: 'requested', tries: 0 });
    expect([await run({ owner: 'scheduler-2' }), (await fsckRuns.read('a'))!.state]).to.deep.equal([1, 'done']);
  });

  it('a scheduler that died, is followed by another once its lease is over', async () => {
    await fsckRuns.request({ id: 'a', by: 'operator', repair: false });
    await fsckRuns.begin('a');
    await deps.leases.tryAcquire('fsck', 'dead', MINUTE_MS);
    expect(await run()).to.equal(0);
    await world.clock.advance(MINUTE_MS + 1);
    expect([await run(), (await fsckRuns.read('a'))!.tries]).to.deep.equal([1, 2]);
  });

  it('a run that ends its schedulers, is given up after three', async () => {
    await fsckRuns.request({ id: 'a', by: 'operator', repair: false });
    for (let tries = 0; tries < 3; tries += 1) await fsckRuns.begin('a');
    await run();
    expect(await fsckRuns.read('a')).to.include({ state: 'failed', error: 'It was begun 3 times and never came to an end.' });
  });

  it('a fault, fails the run and says why; the store away, leaves it to the next tick', async () => {
    await fsckRuns.request({ id: 'a', by: 'operator', repair: false });
    world.store.failBefore(1, ({ method }) => method === 'scan');
    expect(await run()).to.be.instanceOf(StoreUnavailableError);
    expect((await fsckRuns.read('a'))!.state).to.equal('running');
    world.store.hook = ({ method }) => {
      if (method === 'scan') throw new Error('broken on purpose');
    };
    expect(await run()).to.equal(1);
    expect(await fsckRuns.read('a')).to.include({ state: 'failed', error: 'broken on purpose' });
    expect(lines()).to.deep.equal([['error', 'fsck could not run']]);
  });

  it('a lease that is lost in the middle, ends the run here and leaves its state to the new owner', async () => {
    await fsckRuns.request({ id: 'a', by: 'operator', repair: false });
    const mine = { ...deps.leases };
    let asked = 0;
    mine.tryAcquire = async (name, owner, ttlMs) => (name === 'fsck' && ++asked > 1 ? false : deps.leases.tryAcquire(name, owner, ttlMs));
    mine.release = (name, owner) => deps.leases.release(name, owner);
    // A letter that is stale: the run waits for the janitor, longer than the heartbeat.
    const id = await world.insert();
    await world.bus.publish([
      {
        stageName: 'p1',
        stage: 0,
        lane: 'standard',
        type: 'job',
        bells: [{ id: `${id}-gone`, gen: 1 }],
        dead: { code: 'x', message: '', attempts: 1 },
      },
    ]);
    expect(await run({ leases: mine }))
      .to.be.instanceOf(Error)
      .with.property('message', 'The lease on fsck was lost.');
    expect((await fsckRuns.read('a'))!.state).to.equal('running');
  });
});
