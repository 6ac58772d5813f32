import { expect } from 'chai';
import { closingLine, type FsckReport, isClean } from '../../../../shared/domain/fsck-report.ts';
import type { JobRecord, StageResult } from '../../../../shared/domain/job.ts';
import { deleteJob } from '../../../../shared/jobs/delete-job.ts';
import { fsck } from '../../../../shared/jobs/fsck.ts';
import type { FsckDeps, FsckOptions } from '../../../../shared/jobs/fsck-deps.ts';
import { MARK_AFTER_MS } from '../../../../shared/jobs/lazy-marks.ts';
import { tendDeadLetters } from '../../../../shared/jobs/tend-dead-letters.ts';
import { BROKEN, EngineWorld, gate } from '../../../support/engine-world.ts';
import { MemoryDeliveryStore } from '../../../support/memory-delivery-store.ts';
import { MemoryJobRemover } from '../../../support/memory-job-remover.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';
import { seedOutput } from '../../../support/seeded-outputs.ts';
import { settled } from '../../../support/virtual-clock.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

const COMPLETED = { state: 'COMPLETED', active: undefined, pub: undefined, gen: 2, epoch: 1 } as const;

describe('fsck', () => {
  let world: EngineWorld;
  let deps: FsckDeps;
  beforeEach(() => {
    world = new EngineWorld();
    deps = { ...world.deps, outputs: world.outputs, leases: new MemoryLeaseStore({ clock: world.clock }), owner: 'scheduler-1' };
  });

  /** Runs it to its end in virtual time; `between` happens after the first look. */
  async function run(more: Partial<FsckOptions> = {}, between?: () => Promise<void> | void): Promise<FsckReport> {
    let isLooking = false;
    const onProgress: FsckOptions['onProgress'] = async ({ phase }) => {
      if (phase !== 'outputs' || isLooking) return;
      isLooking = true;
      await between?.();
    };
    let report: FsckReport | undefined;
    let failure: unknown;
    void fsck(deps, { repair: false, signal: new AbortController().signal, onProgress, ...more }).then(
      (one) => {
        report = one;
      },
      (error: unknown) => {
        failure = error;
      },
    );
    await world.clock.advanceUntil('fsck has ended', () => report !== undefined || failure !== undefined, 10 * MINUTE_MS);
    if (failure) throw failure;
    return report!;
  }

  const repair = () => run({ repair: true });
  const rulesOf = ({ findings }: FsckReport): string[] => findings.map(({ rule }) => rule).sort();
  const ago = (ms: number) => new Date(world.clock.now().getTime() - ms);
  const result = (more: Partial<StageResult> = {}): StageResult => ({ stage: 0, run: 0, epoch: 0, claim: 'c', at: ago(0), ...more });
  const ended = (): Partial<JobRecord> => ({ doneAt: ago(0), expireAt: new Date(world.clock.now().getTime() + DAY_MS) });

  /** A job changed past the protocol; a field that is given as undefined is absent. */
  async function wrong(changes: { readonly [K in keyof JobRecord]?: JobRecord[K] | undefined }): Promise<string> {
    const id = await world.insert();
    const all = { ...world.record(id), ...changes };
    world.store.put(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as JobRecord);
    return id;
  }

  /** A job whose dead letter is in its queue. */
  async function buried(): Promise<string> {
    const id = await wrong({
      state: 'FAILED',
      gen: 2,
      err: BROKEN,
      active: undefined,
      ...ended(),
      pub: { due: ago(0), by: 'x', to: 'dlq' },
    });
    await world.relayNow();
    return id;
  }

  /** A job that waits for a bell that was rung long ago. */
  const rung = (changes: Partial<JobRecord> = {}) => wrong({ pub: { at: ago(5 * MINUTE_MS), by: 'x' }, ...changes });

  /** Finds the rule, mends it by the transition, and finds nothing the second time. */
  async function expectMended(rule: string, transition: string, expected: object = {}): Promise<FsckReport> {
    const before = world.store.all();
    expect(rulesOf(await run())).to.deep.equal([rule]);
    expect(world.store.all(), 'without repair nothing is changed').to.deep.equal(before);
    const mended = await repair();
    expect(mended.findings.map((one) => [one.rule, one.repaired])).to.deep.equal([[rule, transition]]);
    expect(mended).to.deep.include({ errors: 1, repaired: 1, ...expected });
    const again = await repair();
    expect([rulesOf(again), again.repaired, isClean(again)]).to.deep.equal([[], 0, true]);
    return mended;
  }

  it('nothing there, is clean, and says so in one line', async () => {
    const report = await run();
    expect(isClean(report)).to.equal(true);
    expect(closingLine(report)).to.equal('0 lost, 0 doubled (0 jobs, 0 zombies, 0 orphaned outputs, 0 stale dead letters)');
  });

  it('jobs in every state of an ordinary life, are no finding, and are counted by state', async () => {
    world.script = gate().script;
    await buried();
    await world.insert({ runAt: new Date(world.clock.now().getTime() + DAY_MS) });
    await world.insert();
    await world.worker({ stages: ['p1', 'p2'], slots: 1 });
    await world.submit();
    await settled();
    const report = await run();
    expect([rulesOf(report), report.jobs, report.deadLetters]).to.deep.equal([[], 4, 1]);
    expect(report.byState).to.include({ FAILED: 1, SCHEDULED: 1, QUEUED: 1, RUNNING: 1 });
  });

  it('jobs that were deleted, one of them with a dead letter, are no finding once the janitor has come', async () => {
    const [failed, completed] = [await buried(), await wrong({ ...COMPLETED, ...ended(), results: [result()] })];
    await seedOutput(world, completed, 'c');
    const remover = new MemoryJobRemover(world.store);
    for (const id of [failed, completed])
      await deleteJob({ ...deps, remover, deliveries: new MemoryDeliveryStore(world) }, world.record(id));
    const report = await run({}, async () => {
      await tendDeadLetters(world.deps, 'p1');
    });
    expect([rulesOf(report), report.jobs, report.deadLetters, isClean(report)]).to.deep.equal([[], 0, 1, true]);
    expect(isClean(await run())).to.equal(true);
  });

  it('many pages of jobs, are all looked at', async () => {
    for (let count = 0; count < 1_234; count += 1) await wrong({ state: 'CANCELED', active: undefined, pub: undefined, ...ended() });
    await rung();
    const report = await run();
    expect([report.jobs, report.byState.CANCELED, report.counts.lost]).to.deep.equal([1_235, 1_234, 1]);
  });

  it('more wrong jobs than are remembered, are mended in several runs, and the report says so', async () => {
    for (let count = 0; count < 1_203; count += 1) await rung();
    const first = await run({ repair: true, mostSuspects: 1_200 });
    expect([first.repaired, first.findings.length, first.isCut, isClean(first)]).to.deep.equal([1_200, 1_000, true, false]);
    expect(first.unchecked).to.deep.equal(['3 more jobs with something wrong: repair, and run again']);
    const second = await repair();
    expect([second.repaired, second.counts.lost, second.unchecked]).to.deep.equal([3, 3, []]);
    expect(isClean(await run())).to.equal(true);
  });

  describe('lost', () => {
    it('a bell that an idle queue does not hold, is owed again', async () => {
      const id = await rung();
      await expectMended('bell_lost', 'rearm', { counts: { ...(await run()).counts, lost: 1 } });
      expect(world.record(id).pub?.due).to.be.instanceOf(Date);
    });

    it('a bell that is in its queue or in a worker, is not lost', async () => {
      const [waiting, held] = [await rung(), await rung({ lane: 'express' })];
      await world.ring(waiting);
      await world.ring(held, { lane: 'express' });
      world.broker.take('jobline.p1.express');
      expect(rulesOf(await run())).to.deep.equal([]);
    });

    it('a bell rung a moment ago, is not judged: the figures are older', async () => {
      await rung({ pub: { at: ago(10_000) } });
      expect(rulesOf(await run())).to.deep.equal([]);
    });

    it('a queue that has handed out later bells, has lost the earlier one, though it is not empty', async () => {
      const lost = await rung();
      const waiting = await rung({ pub: { at: ago(0) } });
      await world.ring(waiting);
      const newest = { publishedAt: ago(0), ageMs: 30_000 };
      await world.store.reportQueues([{ queue: 'jobline.p1.standard', consumer: 'w', newest }]);
      const report = await run();
      expect(report.findings.map(({ rule, jobId }) => [rule, jobId])).to.deep.equal([['bell_lost', lost]]);
    });

    it('a queue with fewer messages than jobs that wait, is short of bells; which ones, is not known', async () => {
      const ids = [await rung(), await rung(), await rung()];
      await world.ring(ids[0]!);
      const report = await repair();
      expect(report.findings).to.have.length(1);
      expect(report.findings[0]).to.include({ rule: 'bells_short', queue: 'jobline.p1.standard' }).and.not.have.property('repaired');
      expect([report.counts.lost, isClean(report)]).to.deep.equal([2, false]);
    });

    it('QUEUED and neither owing nor rung, is owed', () => wrong({ pub: undefined }).then(() => expectMended('owes_no_bell', 'rearm')));

    for (const state of ['RETRY_WAIT', 'SCHEDULED'] as const)
      it(`${state} without its time, is for a person`, async () => {
        await wrong({ state, pub: { by: 'x' } });
        const report = await repair();
        expect([rulesOf(report), report.repaired]).to.deep.equal([['waits_without_due'], 0]);
      });

    it('RUNNING without a lease, is for a person', async () => {
      await wrong({ state: 'RUNNING', claim: 'c', pub: undefined });
      expect([rulesOf(await repair()), rulesOf(await run())]).to.deep.equal([['runs_without_lease'], ['runs_without_lease']]);
    });

    it('RUNNING long after its lease, is taken back', async () => {
      const id = await wrong({ state: 'RUNNING', claim: 'c', owner: 'w', lease: { until: ago(60 * MINUTE_MS) }, pub: undefined });
      await expectMended('lease_long_over', 'lease_lost');
      expect(world.record(id)).to.include({ state: 'RETRY_WAIT', crashes: 1 });
    });

    it('FAILED whose letter is in no queue, is owed again', async () => {
      const id = await buried();
      world.broker.purge('jobline.p1.dlq');
      await world.clock.advance(MINUTE_MS);
      await expectMended('dead_letter_lost', 'owe_dead');
      await world.relayNow();
      expect([await world.bus.deadLetterDepth('p1'), world.state(id)]).to.deep.equal([1, 'FAILED']);
    });

    it('FAILED that owes its letter at no time, is owed again', async () => {
      await wrong({ state: 'FAILED', err: BROKEN, active: undefined, ...ended(), pub: { to: 'dlq', by: 'x' } });
      await expectMended('dead_letter_without_due', 'owe_dead');
    });
  });

  describe('doubled', () => {
    it('two results of one stage and run, are for a person', async () => {
      const results = [result({ claim: 'a' }), result({ claim: 'b' })];
      await wrong({ state: 'COMPLETED', results, active: undefined, pub: undefined, ...ended() });
      const report = await repair();
      expect([rulesOf(report), report.counts.doubled, report.repaired]).to.deep.equal([['stage_committed_twice'], 1, 0]);
    });

    it('two results of one stage in different runs, are none', async () => {
      await wrong({
        state: 'COMPLETED',
        run: 1,
        results: [result(), result({ run: 1, claim: 'd' })],
        active: undefined,
        pub: undefined,
        ...ended(),
      });
      expect(rulesOf(await run())).to.deep.equal([]);
    });

    it('two jobs of one idempotency key, are told', async () => {
      await wrong({ idemKey: 'k' });
      await wrong({ idemKey: 'k' });
      await wrong({ idemKey: 'k', tenant: 'other' });
      expect(rulesOf(await run())).to.deep.equal(['idempotency_key_twice']);
    });

    it('two letters of one death, stay two until one is dropped', async () => {
      const id = await buried();
      const dead = { code: 'x', message: 'y', attempts: 1 };
      await world.bus.publish([{ stageName: 'p1', stage: 0, lane: 'standard', type: 'job', bells: [{ id, gen: 2 }], dead }]);
      await expectMended('dead_letter_twice', 'dropped');
      expect(await world.bus.deadLetterDepth('p1')).to.equal(1);
    });
  });

  it('a zombie, is RUNNING after its lease, and is taken back; at its last crash it is a dead letter', async () => {
    const zombie = { state: 'RUNNING', claim: 'c', lease: { until: ago(2 * MINUTE_MS) }, pub: undefined } as const;
    await wrong(zombie);
    await expectMended('lease_over', 'lease_lost');
    await wrong({ ...zombie, lease: { until: ago(2 * MINUTE_MS) }, crashes: 2 });
    await expectMended('lease_over', 'crash_loop');
  });

  describe('outputs', () => {
    const completed = (claim: string) =>
      wrong({
        state: 'COMPLETED',
        results: [result({ claim })],
        active: undefined,
        pub: undefined,
        ...ended(),
        expireAt: ago(-90 * DAY_MS),
      });

    it('of claims that did not commit, and of jobs that are gone, wait for the sweep: no finding', async () => {
      const id = await completed('won');
      for (const claim of ['won', 'fenced']) await seedOutput(world, id, claim);
      await seedOutput(world, 'gone', 'c');
      expect((await run()).outputsToSweep, 'younger than an hour').to.equal(0);
      await world.clock.advance(61 * MINUTE_MS);
      const report = await run();
      expect([rulesOf(report), report.outputsToSweep]).to.deep.equal([[], 2]);
      expect(closingLine(report)).to.contain('2 outputs to sweep');
    });

    it('that the sweep has left for days, are a finding, and are removed', async () => {
      await seedOutput(world, await completed('won'), 'fenced');
      const kept = await seedOutput(world, await completed('mine'), 'mine');
      await world.clock.advance(3 * DAY_MS);
      await expectMended('output_orphaned', 'removed');
      expect(world.outputs.refs()).to.deep.equal([kept]);
    });

    it('of a committed claim whose bytes are gone, are told, and so is an input that is gone', async () => {
      await world.outputs.removeFiles([await seedOutput(world, await completed('won'), 'won')]);
      const id = await world.insert();
      const record = world.record(id);
      world.store.forget(id);
      world.store.put(record);
      const report = await run();
      expect([rulesOf(report), report.counts.missing_data]).to.deep.equal([['output_missing', 'payload_missing'], 2]);
    });
  });

  describe('dead letters', () => {
    it('of a job that was replayed, are stale unless the janitor drops them in its round', async () => {
      const id = await buried();
      await world.replayer.replay('t', id);
      // Its bell is marked by then.
      await world.clock.advance(MARK_AFTER_MS);
      await expectMended('dead_letter_stale', 'dropped');
      expect(await world.bus.deadLetterDepth('p1')).to.equal(0);
    });

    it('that the janitor drops in the meantime, are no finding', async () => {
      await world.replayer.replay('t', await buried());
      const report = await run({}, () => void world.broker.purge('jobline.p1.dlq'));
      expect(rulesOf(report)).to.deep.equal([]);
    });

    it('that cannot be read, are a warning, and stay', async () => {
      world.broker.inject('jobline.p1.dlq', 'rubbish');
      const report = await repair();
      expect(report.findings[0]).to.include({ rule: 'dead_letter_unreadable', level: 'warning', queue: 'jobline.p1.dlq' });
      expect([isClean(report), report.counts.unreadable_dead_letter, await world.bus.deadLetterDepth('p1')]).to.deep.equal([true, 1, 1]);
    });

    it('that another walk holds, are not judged, and the report says so', async () => {
      await deps.leases.tryAcquire('dead-letter-walk', 'somebody', DAY_MS);
      const report = await run();
      expect([isClean(report), report.unchecked.length]).to.deep.equal([false, 2]);
      expect(closingLine(report)).to.contain('not everything was checked');
    });
  });

  const broken: readonly (readonly [string, () => { readonly [K in keyof JobRecord]?: JobRecord[K] | undefined }])[] = [
    ['held_at_rest', () => ({ claim: 'c', lease: { until: ago(0) } })],
    ['owes_dead_letter', () => ({ pub: { due: ago(0), by: 'x', to: 'dlq' } })],
    ['active_unmarked', () => ({ active: undefined })],
    ['ended_marks', () => ({ doneAt: ago(0) })],
    ['ended_active', () => ({ state: 'CANCELED', pub: undefined, ...ended() })],
    ['ended_owes_bell', () => ({ state: 'CANCELED', active: undefined, ...ended() })],
    ['ended_without_times', () => ({ state: 'CANCELED', active: undefined, pub: undefined })],
    ['stage_skipped', () => ({ stage: 1 })],
    ['result_ahead', () => ({ stage: 1, results: [result({ epoch: 5 })] })],
  ];
  for (const [rule, changes] of broken) {
    it(`a record that breaks ${rule}, is told and left to a person`, async () => {
      await wrong(changes());
      const report = await repair();
      expect([rulesOf(report), report.counts.broken_record, report.repaired]).to.deep.equal([[rule], 1, 0]);
    });
  }

  it('what is mended between the looks, is no finding', async () => {
    const id = await rung();
    const report = await run({}, () => world.patch(id, { pub: { due: ago(0), by: 'y' } }));
    expect(rulesOf(report)).to.deep.equal([]);
  });

  it('wrong in the same way at another generation, is no finding: it is another moment of work', async () => {
    const id = await rung();
    const report = await run({}, () => world.patch(id, { gen: 9 }));
    expect(rulesOf(report)).to.deep.equal([]);
  });

  it('the management API away, is said: nothing is proven about the queues', async () => {
    await rung();
    world.bus.queueDepths = () => Promise.reject(new Error('away'));
    const report = await run();
    expect([rulesOf(report), report.unchecked, isClean(report)]).to.deep.equal([[], ['figures of the queues: away'], false]);
  });

  it('a queue of which the broker has no figures yet, is said: whether its bells are there is not known', async () => {
    await rung();
    const depths = await world.bus.queueDepths();
    const queue = world.bus.queueOf('p1', 'standard');
    world.bus.queueDepths = async () => new Map([...depths].filter(([name]) => name !== queue));
    const report = await run();
    expect(report.unchecked).to.deep.equal([`figures of the queues: the broker has none of ${queue} yet`]);
  });

  it('no management API at all, is a note: watermarks are what there is', async () => {
    world.bus.queueDepths = async () => new Map();
    const report = await run();
    expect([isClean(report), report.notes.length]).to.deep.equal([true, 1]);
  });

  it('an abort, ends it at the next page', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    expect(await run({ signal: stop.signal }).catch((error: Error) => error.message)).to.equal('stopped');
  });

  it('a letter book of one walk, leaves the letters where they were', async () => {
    const ids = [await buried(), await buried(), await buried()];
    await run();
    const met: string[] = [];
    await world.bus.walkDeadLetters('p1', 10, async ({ bell }) => void met.push(bell.id));
    expect(met).to.deep.equal(ids);
  });
});
