import { expect } from 'chai';
import type { ReplayTerms } from '../../../../shared/domain/dead-letters/replay-operation.ts';
import type { JobReplayer } from '../../../../shared/jobs/replay-job.ts';
import { type ReplayRunnerDeps, replayMessage, runReplays } from '../../../../shared/jobs/run-replays.ts';
import { done } from '../../../support/engine-world.ts';
import { ReplayWorld } from '../../../support/replay-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

const PLACES = [{ type: 'job', stage: 0 }];
const TERMS: ReplayTerms = { fromBeginning: false, ratePerSecond: 100, rampPercent: [10, 100], maxFailureRate: 0.1, stepTimeoutMs: 60_000 };

describe('replays of many dead letters', () => {
  let world: ReplayWorld;
  beforeEach(() => {
    world = new ReplayWorld();
  });

  /** Jobs that have failed for good. */
  async function dead(count: number): Promise<readonly string[]> {
    return (await world.dead(count)).ids;
  }

  async function plan(more: Partial<ReplayTerms> = {}): Promise<void> {
    const filter = { places: PLACES, failedBefore: world.clock.now() };
    await world.replays.plan({ id: 'r', by: 'me', asked: {}, filter, terms: { ...TERMS, ...more }, planned: 1, digest: 'd' });
    await world.replays.apply('r');
  }

  function begin(more: Partial<ReplayRunnerDeps> = {}) {
    const stop = new AbortController();
    const run = { ended: undefined as number | Error | undefined, stop: () => stop.abort() };
    runReplays({ ...world.runnerDeps, ...more }, stop.signal).then(
      (count) => {
        run.ended = count;
      },
      (error: Error) => {
        run.ended = error;
      },
    );
    return run;
  }

  async function run(): Promise<number | Error> {
    const running = begin();
    await world.clock.advanceUntil('it has ended', () => running.ended !== undefined, 600_000);
    return running.ended!;
  }

  const runsOf = (ids: readonly string[]) => ids.map((id) => world.record(id).run);

  it('nothing applied, does nothing', async () => {
    await dead(1);
    expect(await run()).to.equal(0);
  });

  it('all well, replays each dead letter once, in steps, and is done', async () => {
    const ids = await dead(50);
    world.script = () => done;
    await plan();
    expect(await run()).to.equal(1);
    expect(await world.replays.read('r')).to.deep.include({ state: 'done', total: 50 });
    expect((await world.replays.read('r'))!.counts).to.deep.equal({
      pending: 0,
      replayed: 0,
      completed: 50,
      failed: 0,
      skipped: 0,
      undone: 0,
      deleted: 0,
    });
    expect(runsOf(ids).every((count) => count === 1)).to.equal(true);
    expect(world.record(ids[0]!).log.at(-1)).to.include({ event: 'replayed', message: replayMessage('r') });
  });

  it('the canary fails, stops after it and says why; the others stay dead letters', async () => {
    const ids = await dead(50);
    await plan();
    await run();
    const { state, reason, counts } = (await world.replays.read('r'))!;
    expect([state, reason]).to.deep.equal(['stopped', '5 of the 5 jobs that have ended failed again: 100 %, 10 % is the limit.']);
    expect(counts).to.deep.equal({ pending: 45, replayed: 0, completed: 0, failed: 5, skipped: 0, undone: 0, deleted: 0 });
    expect(runsOf(ids).filter((count) => count === 1)).to.have.length(5);
  });

  it('jobs of a step that do not end in time, stop it', async () => {
    await dead(20);
    world.script = () => new Promise(() => undefined);
    await plan({ stepTimeoutMs: 5_000 });
    await run();
    expect(await world.replays.read('r')).to.deep.include({ state: 'stopped', reason: '2 jobs of the step up to 2 did not end in time.' });
  });

  it('its rate, is held in every second', async () => {
    await dead(60);
    world.script = () => done;
    await plan({ ratePerSecond: 20, rampPercent: [100] });
    const running = begin();
    const at: number[] = [];
    for (let now = 0, before = 0; running.ended === undefined && now < 30_000; now += 100) {
      await world.clock.advance(100);
      const all = (await world.replays.items('r', undefined, 100)).filter(({ outcome }) => outcome !== 'pending').length;
      for (; before < all; before += 1) at.push(now);
    }
    expect(at).to.have.length(60);
    for (const from of at) expect(at.filter((one) => one >= from && one < from + 1_000).length, `from ${from}`).to.be.at.most(21);
    expect(at.at(-1)! - at[0]!).to.be.within(2_500, 5_000);
  });

  it('a removal, removes each dead letter once at its rate, and leaves what is none any more', async () => {
    const ids = await dead(30);
    await plan({ action: 'delete', rampPercent: [100], ratePerSecond: 20 });
    await world.replayer.replay(undefined, ids[3]!, { message: 'by hand' });
    const removed: string[] = [];
    const running = begin({
      remove: async ({ id }) => {
        removed.push(id);
        if (id === ids[4]) return false;
        world.store.forget(id);
        return true;
      },
    });
    await world.clock.advance(500);
    expect(removed.length).to.be.within(1, 11);
    await world.clock.advanceUntil('it has ended', () => running.ended !== undefined, 60_000);
    expect(new Set(removed).size).to.equal(removed.length);
    expect((await world.replays.read('r'))!.counts).to.include({ deleted: 28, skipped: 1, pending: 0, replayed: 0 });
    expect((await world.replays.read('r'))!.state).to.equal('done');
  });

  it('an abort, is carried out within a second', async () => {
    await dead(60);
    world.script = () => done;
    await plan({ ratePerSecond: 10, rampPercent: [100] });
    const running = begin();
    await world.clock.advance(2_000);
    await world.replays.abort('r');
    await world.clock.advance(1_000);
    expect(running.ended).to.equal(1);
    const { state, counts } = (await world.replays.read('r'))!;
    expect(state).to.equal('aborted');
    expect(counts!.pending).to.be.within(30, 50);
  });

  it('a job that was replayed or canceled by hand meanwhile, is left alone', async () => {
    const ids = await dead(5);
    await plan({ rampPercent: [100], ratePerSecond: 1 });
    world.script = () => done;
    const running = begin();
    await settled();
    await world.replayer.replay(undefined, ids[4]!, { message: 'by hand' });
    await world.replayer.replay(undefined, ids[0]!, { message: 'by hand' }).catch(() => undefined);
    await world.clock.advanceUntil('it has ended', () => running.ended !== undefined, 600_000);
    expect(runsOf(ids).every((count) => count === 1)).to.equal(true);
    expect((await world.replays.read('r'))!.counts!.skipped).to.be.at.least(1);
  });

  it('a process that dies at any write, leaves it to the next, which replays nothing twice', async () => {
    for (const method of ['apply', 'note', 'addItems', 'collected', 'count'] as const) {
      for (const isApplied of [true, false]) {
        world = new ReplayWorld();
        const ids = await dead(30);
        world.script = () => done;
        await plan();
        const running = begin(dying(world.runnerDeps, method, isApplied));
        await world.clock.advanceUntil('it has died', () => running.ended !== undefined, 600_000);
        expect(running.ended, method).to.be.instanceOf(Error);
        expect(await run(), method).to.equal(1);
        expect(runsOf(ids), method).to.deep.equal(ids.map(() => 1));
        expect((await world.replays.read('r'))!.counts, method).to.include({ completed: 30, pending: 0 });
      }
    }
  });

  it('two schedulers, carry it out once', async () => {
    const ids = await dead(20);
    world.script = () => done;
    await plan();
    const second = begin({ owner: 's2' });
    await settled();
    await run();
    await world.clock.advanceUntil('both have ended', () => second.ended !== undefined, 600_000);
    expect(runsOf(ids)).to.deep.equal(ids.map(() => 1));
  });
});

/** The runner's dependencies, whose second call of a method throws: before it was done, or after. */
function dying(deps: ReplayRunnerDeps, method: string, isApplied: boolean): ReplayRunnerDeps {
  let calls = 0;
  const fatal = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const value = Reflect.get(of, name) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const dies =
            name === (method === 'apply' ? 'replayRecords' : method) &&
            (calls += 1) === (method === 'collected' || method === 'addItems' ? 1 : 2);
          if (dies && !isApplied) throw new Error('died');
          const answer = await (value as (...all: unknown[]) => unknown).apply(of, args);
          if (dies) throw new Error('died');
          return answer;
        };
      },
    });
  if (method !== 'apply') return { ...deps, replays: fatal(deps.replays) };
  return { ...deps, replayer: fatal({ replayRecords: deps.replayer.replayRecords.bind(deps.replayer) }) as unknown as JobReplayer };
}
