import { expect } from 'chai';
import { JobConflictError, JobNotFoundError } from '../../../../shared/domain/failures.ts';
import { rerunFailed, rerunYesterday } from '../../../../shared/jobs/rerun-failed.ts';
import { BROKEN, done, EngineWorld, REJECTED } from '../../../support/engine-world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A job that failed now. */
async function failed(world: EngineWorld, more: object = {}): Promise<string> {
  const id = await world.insert();
  const doneAt = world.clock.now();
  world.patch(id, { state: 'FAILED', gen: 2, attempt: 3, stage: 1, err: BROKEN, doneAt, pub: { at: doneAt, by: 'x' }, ...more });
  return id;
}

describe('rerunFailed', () => {
  let world: EngineWorld;
  const run = (maxRuns = 2) => rerunFailed({ ...world.deps, replayer: world.replayer }, { afterMinutes: 10, maxRuns });
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('a job that failed N minutes ago, is run again from its failed stage; a minute before, it is not', async () => {
    const id = await failed(world);
    await world.clock.advance(9 * MINUTE_MS);
    expect(await run()).to.equal(0);
    await world.clock.advance(MINUTE_MS + 1);
    expect(await run()).to.equal(1);
    expect(world.record(id)).to.deep.include({ state: 'QUEUED', stage: 1, run: 1, attempt: 0, gen: 3 });
    expect(world.record(id).log.at(-1)).to.deep.include({ event: 'replayed', message: 're-run 10 min after it failed' });
    world.script = () => done;
    await world.worker();
    await world.until(id, 'COMPLETED');
  });

  it('a job that was run again as often as allowed, a rejected one, and one that failed long ago, are left alone', async () => {
    const often = await failed(world, { run: 2 });
    const rejected = await failed(world, { err: REJECTED });
    const old = await failed(world, { doneAt: new Date(world.clock.now().getTime() - DAY_MS) });
    const once = await failed(world, { run: 1 });
    await world.clock.advance(10 * MINUTE_MS + 1);
    expect(await run()).to.equal(1);
    expect([often, rejected, old, once].map((id) => world.state(id))).to.deep.equal(['FAILED', 'FAILED', 'FAILED', 'QUEUED']);
  });

  it('a job of a type that is not known here, does not stop the others', async () => {
    const ids = [await failed(world, { type: 'from-a-newer-release' }), await failed(world)];
    await world.clock.advance(10 * MINUTE_MS + 1);
    expect(await run()).to.equal(2);
    expect(ids.map((id) => world.record(id).run)).to.deep.equal([1, 1]);
  });

  it('two schedulers at once, run each job again once', async () => {
    for (let count = 0; count < 20; count += 1) await failed(world);
    await world.clock.advance(10 * MINUTE_MS + 1);
    const [a, b] = await Promise.all([run(), run()]);
    expect(a + b).to.equal(20);
    expect(world.store.all().every(({ run: runs }) => runs === 1)).to.equal(true);
  });
});

describe('rerunYesterday', () => {
  it('failures of the day before in UTC, are run again; those of today and of the day before that, are not', async () => {
    const world = new EngineWorld();
    const midnight = Date.UTC(2026, 0, 16);
    const at = (ms: number) => ({ doneAt: new Date(midnight + ms) });
    const [before, first, last, today] = [
      await failed(world, at(-DAY_MS - 1)),
      await failed(world, at(-DAY_MS)),
      await failed(world, at(-1)),
      await failed(world, at(0)),
    ];
    await world.clock.advance(midnight + 2 * 60 * MINUTE_MS - world.clock.now().getTime());
    expect(await rerunYesterday({ ...world.deps, replayer: world.replayer }, { maxRuns: 3 })).to.equal(2);
    expect([before, first, last, today].map((id) => world.state(id))).to.deep.equal(['FAILED', 'QUEUED', 'QUEUED', 'FAILED']);
  });
});

describe('JobReplayer', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('a failed job, keeps its earlier results and starts at the failed stage; from the beginning, it has none', async () => {
    const results = [{ stage: 0, run: 0, epoch: 1, claim: 'c', at: world.clock.now() }];
    const [kept, anew] = [await failed(world, { results }), await failed(world, { results })];
    expect(await world.replayer.replay('t', kept)).to.deep.include({ state: 'QUEUED', stage: 1, run: 1, results });
    expect(await world.replayer.replay('t', anew, { fromBeginning: true })).to.deep.include({ stage: 0, results: [] });
    expect(world.bus.published.map(({ message }) => message.stageName)).to.deep.equal(['p2', 'p1']);
    for (const id of [kept, anew]) expect(world.record(id)).to.not.have.any.keys('err', 'doneAt', 'expireAt', 'claim');
  });

  it("a job that is not over, that completed, or another tenant's, is refused", async () => {
    const [active, completed] = [await world.insert(), await failed(world, { state: 'COMPLETED' })];
    for (const id of [active, completed]) {
      expect(await world.replayer.replay('t', id).catch((one: unknown) => one)).to.be.instanceOf(JobConflictError);
    }
    expect(await world.replayer.replay('other', active).catch((one: unknown) => one)).to.be.instanceOf(JobNotFoundError);
  });

  it('two requests at once, are one replay', async () => {
    const id = await failed(world);
    const answers = await Promise.allSettled([world.replayer.replay('t', id), world.replayer.replay('t', id)]);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    expect(world.record(id).run).to.equal(1);
  });
});
