import { expect } from 'chai';
import { type Limit, limitIdOf } from '../../../../shared/domain/control/limit.ts';
import { type FsckReport, isClean } from '../../../../shared/domain/fsck-report.ts';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import { fsck } from '../../../../shared/jobs/fsck.ts';
import type { FsckDeps, FsckOptions } from '../../../../shared/jobs/fsck-deps.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const NAME = 'tenant:t';

describe('fsck of the places of limits', () => {
  let world: EngineWorld;
  let deps: FsckDeps;
  beforeEach(() => {
    world = new EngineWorld();
    world.limits = [limit(1)];
    const leases = new MemoryLeaseStore({ clock: world.clock });
    const nothing = { pauses: [], breakers: [], drains: [], windows: [] };
    const control = { controls: { read: async () => ({ ...nothing, limits: world.limits, now: world.clock.now() }) } };
    const turns = { places: world.places, waiting: world.turns };
    deps = { ...world.deps, outputs: world.outputs, leases, owner: 'scheduler-1', turns, control };
  });

  const limit = (concurrency: number): Limit => ({
    ...{ id: limitIdOf({ tenant: 't' }), selector: { tenant: 't' }, concurrency },
    ...{ reason: 'test', by: 'ops', createdAt: new Date(0) },
  });
  const nowMs = () => world.clock.now().getTime();

  /** Runs it to its end in virtual time; `between` happens after the first look. */
  async function run({ repair = false, between }: { repair?: boolean; between?: () => Promise<unknown> } = {}): Promise<FsckReport> {
    const onProgress: FsckOptions['onProgress'] = async ({ phase }) => void (phase === 'outputs' && (await between?.()));
    let report: FsckReport | undefined;
    const running = fsck(deps, { repair, signal: new AbortController().signal, onProgress }).then((one) => (report = one));
    await world.clock.advanceUntil('fsck has ended', () => report !== undefined, 10 * MINUTE_MS);
    return running;
  }

  const rulesOf = ({ findings }: FsckReport) => findings.map(({ rule, repaired }) => (repaired ? `${rule}: ${repaired}` : rule));

  async function put(changes: Partial<JobRecord>): Promise<string> {
    const id = await world.insert();
    world.store.put({ ...world.record(id), ...changes });
    return id;
  }

  const running = (): Promise<string> =>
    put({ state: 'RUNNING', claim: 'c', owner: 'w', epoch: 1, attempt: 1, lease: { until: new Date(nowMs() + DAY_MS) }, pub: {} });
  const waiting = (): Promise<string> => put({ pub: { due: new Date(nowMs() + 60 * MINUTE_MS), by: 'x', for: NAME } });
  const take = (jobId: string, claim: string, forMs = 40_000) => world.places.take({ name: NAME, jobId, claim, places: 9, forMs });

  it('a place of a job that runs, one of a worker that died just now, and a job that waits: nothing is wrong', async () => {
    await take(await running(), 'c');
    await take('gone', 'of a job that is gone');
    await waiting();
    const report = await run();
    expect([rulesOf(report), report.notes.filter((note) => note.includes(NAME)).length]).to.deep.equal([[], 1]);
    expect(isClean(report)).to.equal(true);
  });

  it('a place for longer than any worker takes one, of a job that is gone, or kept: is stuck; mended, it is free', async () => {
    await take('gone', 'g', DAY_MS);
    await world.places.keep({ name: NAME, jobId: 'k', places: 9, forMs: DAY_MS });
    expect(rulesOf(await run())).to.deep.equal(['place_stuck', 'place_stuck']);
    expect(await world.places.look(NAME)).to.deep.equal({ taken: 2, keptFor: ['k'] });
    expect(rulesOf(await run({ repair: true }))).to.deep.equal(['place_stuck: dropped', 'place_stuck: dropped']);
    expect(await world.places.look(NAME)).to.deep.equal({ taken: 0, keptFor: [] });
    expect(isClean(await run())).to.equal(true);
  });

  it('such a place of a job that runs under its claim, or renewed meanwhile: is none', async () => {
    await take(await running(), 'c', DAY_MS);
    await take('gone', 'g', DAY_MS);
    const report = await run({ repair: true, between: () => world.places.renew([NAME], ['g'], 2 * DAY_MS) });
    expect(rulesOf(report)).to.deep.equal([]);
    expect((await world.places.look(NAME)).taken).to.equal(2);
  });

  it('a place that is renewed long after its job has ended: is told of, and left: its handler may be at work', async () => {
    const doneAt = new Date(nowMs() - 5 * MINUTE_MS);
    const id = await put({ state: 'CANCELED', doneAt, expireAt: new Date(nowMs() + DAY_MS), pub: {}, gen: 2 });
    const { active: _, pub: __, ...ended } = world.record(id);
    world.store.put({ ...ended, createdAt: doneAt } as JobRecord);
    await take(id, 'old');
    const report = await run({ repair: true, between: () => world.places.renew([NAME], ['old'], 60_000) });
    expect(report.findings.map(({ rule, level, jobId }) => [rule, level, jobId])).to.deep.equal([['place_kept_on', 'warning', id]]);
    expect((await world.places.look(NAME)).taken).to.equal(1);
  });

  it('a job that waits while a place is free: nobody calls it; mended, its bell is due', async () => {
    const [first] = [await waiting(), await waiting()].toSorted();
    const report = await run();
    expect(report.findings.map(({ rule, category, jobId }) => [rule, category, jobId])).to.deep.equal([['turn_uncalled', 'lost', first]]);
    expect(rulesOf(await run({ repair: true }))).to.deep.equal(['turn_uncalled: rearm']);
    expect(world.record(first!).pub?.due?.getTime()).to.be.at.most(nowMs());
  });

  it('a job that waits for a limit that is no more: the same', async () => {
    await waiting();
    world.limits = [];
    const report = await run();
    expect(rulesOf(report)).to.deep.equal(['turn_uncalled']);
    expect(report.findings[0]!.detail).to.include('which is no more');
  });

  it('a job that is called between the looks: is no finding', async () => {
    const id = await waiting();
    const between = async () => world.store.put({ ...world.record(id), pub: { due: new Date(nowMs() + 15_000), by: 'y', for: NAME } });
    expect(rulesOf(await run({ between }))).to.deep.equal([]);
  });
});
