import { expect } from 'chai';
import { runReplayUndos } from '../../../../shared/jobs/run-replay-undos.ts';
import { runReplays } from '../../../../shared/jobs/run-replays.ts';
import { done } from '../../../support/engine-world.ts';
import { ReplayWorld } from '../../../support/replay-world.ts';

const TERMS = { fromBeginning: false, ratePerSecond: 100, rampPercent: [100], maxFailureRate: 0.1, stepTimeoutMs: 600_000 };
const never = new AbortController().signal;

describe('undo of replays', () => {
  let world: ReplayWorld;
  beforeEach(() => {
    world = new ReplayWorld();
  });

  /** Dead letters, and no worker any more. */
  async function dead(count: number): Promise<readonly string[]> {
    const { ids, worker } = await world.dead(count);
    worker.crash();
    return ids;
  }

  /** Replays all and aborts once they are replayed. */
  async function replayed(ids: readonly string[], fromBeginning = false): Promise<void> {
    const filter = { failedBefore: world.clock.now() };
    await world.replays.plan({ id: 'r', by: 'me', asked: {}, filter, terms: { ...TERMS, fromBeginning }, planned: 1, digest: 'd' });
    await world.replays.apply('r');
    const running = { hasEnded: false };
    void runReplays(world.runnerDeps, never).then(() => (running.hasEnded = true));
    await world.clock.advanceUntil('all are replayed', () => ids.every((id) => world.state(id) === 'QUEUED'), 60_000);
    await world.replays.undo('r', 'me');
    await world.clock.advanceUntil('it was aborted', () => running.hasEnded, 60_000);
  }
  const undo = () => runReplayUndos(world.runnerDeps, never);
  const counts = async () => (await world.replays.read('r'))!.counts;

  it('that nobody has started: all are dead letters again as they were, with letters of their own, and their bells are stale', async () => {
    const ids = await dead(5);
    const before = ids.map((id) => world.record(id));
    await replayed(ids);
    expect(await undo()).to.equal(5);
    expect(await counts()).to.deep.equal({ pending: 0, replayed: 0, completed: 0, failed: 0, skipped: 0, undone: 5, deleted: 0 });
    for (const [index, id] of ids.entries()) {
      const { err, attempt, stage, doneAt, state, gen, run, active, former } = world.record(id);
      const was = before[index]!;
      expect({ err, attempt, stage, doneAt, state }).to.deep.equal({
        err: was.err,
        attempt: was.attempt,
        stage: was.stage,
        doneAt: was.doneAt,
        state: 'FAILED',
      });
      expect([gen, run, active, former]).to.deep.equal([was.gen + 2, 1, undefined, undefined]);
    }
    world.script = () => done;
    await world.worker({ slots: 50 });
    await world.clock.advance(120_000);
    expect(ids.map((id) => world.state(id))).to.deep.equal(ids.map(() => 'FAILED'));
    expect(await undo(), 'again').to.equal(0);
  });

  it('of which some have started or ended: those are left alone', async () => {
    const ids = await dead(6);
    await replayed(ids);
    world.script = () => done;
    for (const id of ids.slice(0, 2)) world.patch(id, { state: 'RUNNING', claim: 'c', owner: 'w', lease: { until: new Date(8e15) } });
    world.patch(ids[2]!, { gen: world.record(ids[2]!).gen + 1 });
    expect(await undo()).to.equal(3);
    expect(await counts()).to.include({ undone: 3, replayed: 3 });
    expect(ids.map((id) => world.state(id))).to.deep.equal(['RUNNING', 'RUNNING', 'QUEUED', 'FAILED', 'FAILED', 'FAILED']);
  });

  it('can be replayed again, and then complete', async () => {
    const ids = await dead(2);
    await replayed(ids, true);
    await undo();
    world.script = () => done;
    for (const id of ids) await world.replayer.replay(undefined, id);
    await world.worker({ slots: 50 });
    await world.clock.advanceUntil('all are done', () => ids.every((id) => world.state(id) === 'COMPLETED'), 120_000);
    expect(ids.map((id) => world.record(id).run)).to.deep.equal([2, 2]);
  });

  it('whose process died after the write: the next one counts what was put back', async () => {
    const ids = await dead(3);
    await replayed(ids);
    const dies = new Proxy(world.replays, {
      get: (of, name) => {
        if (name === 'note') return async () => Promise.reject(new Error('died'));
        const value = Reflect.get(of, name) as unknown;
        return typeof value === 'function' ? (value as () => unknown).bind(of) : value;
      },
    });
    const failure = await runReplayUndos({ ...world.runnerDeps, replays: dies }, never).catch((error: Error) => error);
    expect(failure).to.be.instanceOf(Error);
    const running = { count: -1 };
    void undo().then((count) => (running.count = count));
    await world.clock.advanceUntil('the next one has ended', () => running.count >= 0, 60_000);
    expect(await counts()).to.include({ undone: 3, replayed: 0 });
    expect(ids.map((id) => world.record(id).gen)).to.deep.equal(ids.map(() => 4));
  });
});
