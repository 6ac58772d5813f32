import { expect } from 'chai';
import { type ScheduleSettings, scheduleOf } from '../../../../services/scheduler/schedule.ts';
import type { SchedulerDeps } from '../../../../services/scheduler/scheduler-deps.ts';
import { dutyOfDues } from '../../../../services/scheduler/tasks/relay-dues.ts';
import { defineJobType, Pipelines } from '../../../../shared/domain/pipeline.ts';
import { MARK_AFTER_MS } from '../../../../shared/jobs/lazy-marks.ts';
import { BROKEN, EngineWorld, gate, LEASE_MS, reject } from '../../../support/engine-world.ts';
import { MemoryFsckRuns } from '../../../support/memory-fsck-runs.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';
import { settled } from '../../../support/virtual-clock.ts';

const MINUTE_MS = 60_000;
const SETTINGS: ScheduleSettings = {
  rerunFailedAfterMinutes: 10,
  rerunFailedMaxRuns: 2,
  nightlyRerunCron: '0 0 2 * * *',
  fsckCron: '0 30 2 * * *',
};

describe('the schedule', () => {
  let world: EngineWorld;
  let deps: SchedulerDeps;
  let leases: MemoryLeaseStore;
  beforeEach(() => {
    world = new EngineWorld();
    const { store, outputs, relay, replayer, clock } = world;
    leases = new MemoryLeaseStore({ clock });
    deps = {
      ...world.deps,
      store,
      outputs,
      relay,
      replayer,
      leases,
      dues: dutyOfDues({ leases, clock, owner: 'scheduler-1' }),
      fsckRuns: new MemoryFsckRuns({ clock }),
      owner: 'scheduler-1',
    };
  });

  /** Runs a task as the schedule does when its time comes. */
  function run(name: string, more: Partial<SchedulerDeps> = {}): Promise<number> {
    const task = scheduleOf(SETTINGS).find((one) => one.name === name);
    return task!.run({ ...deps, ...more }, new AbortController().signal);
  }

  async function buried(stage = 0): Promise<string> {
    const id = await world.insert();
    world.patch(id, {
      state: 'FAILED',
      stage,
      gen: 2,
      err: BROKEN,
      doneAt: world.clock.now(),
      pub: { due: world.clock.now(), by: 'x', to: 'dlq' },
    });
    await run('relay');
    return id;
  }

  it('relay: a bell owed, is rung when its time has come', async () => {
    const id = await world.insert();
    await world.clock.advance(14_999);
    expect(await run('relay')).to.equal(0);
    await world.clock.advance(1);
    expect(await run('relay')).to.equal(1);
    expect(world.bus.published[0]!.message.bells).to.deep.equal([{ id, gen: 1 }]);
  });

  it('relay: another scheduler has the duty, leaves what is due to it, and takes what is late', async () => {
    const dues = dutyOfDues({ leases, clock: world.clock, owner: 'scheduler-2' });
    await world.insert();
    await world.clock.advance(14_000);
    expect(await run('relay')).to.equal(0);
    await world.clock.advance(1_000);
    expect(await run('relay', { dues })).to.equal(0);
    await world.clock.advance(1_000);
    expect(await run('relay', { dues })).to.equal(1);
  });

  it('relay: the scheduler that has the duty cannot publish, leaves it to another at once', async () => {
    const dues = dutyOfDues({ leases, clock: world.clock, owner: 'scheduler-2' });
    await world.insert();
    await world.clock.advance(15_000);
    expect(await deps.dues.isMine()).to.equal(true);
    world.bus.isConnected = false;
    expect(await run('relay')).to.equal(0);
    world.bus.isConnected = true;
    expect(await run('relay', { dues })).to.equal(1);
  });

  it('relay-events: a job that ended, is announced', async () => {
    await world.worker();
    const id = await world.submit({ callback: { url: 'https://example.com/ended' } });
    await settled();
    expect(await run('relay-events')).to.equal(1);
    expect(world.bus.events[0]).to.deep.include({ jobId: id, event: 'completed' });
  });

  it('rescue-stalled: a job whose worker hangs, is taken back once its lease is over', async () => {
    world.script = gate().script;
    const worker = await world.worker({ stages: ['p1'] });
    const id = await world.submit();
    await settled();
    worker.crash();
    const itsOwn = ['heartbeat', 'release'];
    world.store.hook = ({ transition }) => (transition && itsOwn.includes(transition.name) ? new Promise(() => undefined) : undefined);
    await world.clock.advance(LEASE_MS);
    expect(await run('rescue-stalled')).to.equal(0);
    await world.clock.advance(1);
    expect(await run('rescue-stalled')).to.equal(1);
    expect(world.record(id)).to.deep.include({ state: 'RETRY_WAIT', crashes: 1 });
  });

  it('expire-overdue: a job past its deadline, ends', async () => {
    const id = await world.insert({ deadlineAt: new Date(world.clock.now().getTime() + MINUTE_MS) });
    await world.clock.advance(MINUTE_MS);
    expect(await run('expire-overdue')).to.equal(0);
    await world.clock.advance(1);
    expect([await run('expire-overdue'), world.state(id)]).to.deep.equal([1, 'EXPIRED']);
  });

  it('audit-lost-bells: a bell that the broker lost, is owed again after a minute of idleness', async () => {
    world.bus.hooks = { fate: () => 'lose' };
    await world.submit();
    await world.clock.advance(MINUTE_MS);
    expect(await run('audit-lost-bells')).to.equal(0);
    await world.clock.advance(MARK_AFTER_MS + 1);
    expect(await run('audit-lost-bells')).to.equal(1);
  });

  it('tend-dead-letters: the scheduler that did the last round was killed, leaves the next to another', async () => {
    await run('tend-dead-letters');
    expect(await leases.tryAcquire('janitor', 'scheduler-2', 1)).to.equal(false);
    await world.clock.advance(MINUTE_MS);
    expect(await leases.tryAcquire('janitor', 'scheduler-2', 1)).to.equal(true);
  });

  it('rerun-failed: a job that failed ten minutes ago, is run again; not with 0, which is off', async () => {
    const id = await buried();
    await world.clock.advance(10 * MINUTE_MS - 1);
    expect(await run('rerun-failed')).to.equal(0);
    await world.clock.advance(2);
    expect([await run('rerun-failed'), world.record(id).run]).to.deep.equal([1, 1]);
    expect(scheduleOf({ ...SETTINGS, rerunFailedAfterMinutes: 0 }).map(({ name }) => name)).to.not.include('rerun-failed');
  });

  it('rerun-yesterday: what failed the day before, is run again at night, once more often than by day; undefined is off', async () => {
    const [id, worn] = [await buried(), await buried()];
    world.patch(id, { run: 2 });
    world.patch(worn, { run: 3 });
    expect(await run('rerun-yesterday')).to.equal(0);
    await world.clock.advance(24 * 60 * MINUTE_MS);
    expect([await run('rerun-yesterday'), world.state(id), world.state(worn)]).to.deep.equal([1, 'QUEUED', 'FAILED']);
    expect(scheduleOf({ ...SETTINGS, nightlyRerunCron: undefined }).map(({ name }) => name)).to.not.include('rerun-yesterday');
    expect(scheduleOf(SETTINGS).find(({ name }) => name === 'rerun-yesterday')?.cron).to.equal('0 0 2 * * *');
  });

  it('sweep-orphans: what a fenced claim produced, is removed after an hour', async () => {
    const job = await world.insert();
    const file = await world.outputs.writeFile('a', 'x/y', Buffer.from('content'));
    await world.outputs.insertOutputs([{ jobId: job, stage: 0, claim: 'fenced', files: [{ ...file, audience: 'user' }] }]);
    await world.clock.advance(60 * MINUTE_MS);
    expect(await run('sweep-orphans')).to.equal(0);
    await world.clock.advance(1);
    expect([await run('sweep-orphans'), world.outputs.refs().length]).to.deep.equal([1, 0]);
  });

  describe('tend-dead-letters', () => {
    it('letters whose jobs were replayed, are dropped, those that are missing owed, by the owner of the lease alone', async () => {
      const ids: string[] = [];
      for (let count = 0; count < 10; count += 1) ids.push(await buried());
      await deps.leases.tryAcquire('janitor', 'scheduler-2', 120_000);
      await world.replayer.replay('t', ids[0]!);
      expect(await run('tend-dead-letters')).to.equal(0);
      await world.clock.advance(120_001);
      expect(await run('tend-dead-letters')).to.equal(1);
      expect(await world.bus.deadLetterDepth('p1')).to.equal(9);
      world.broker.purge('jobline.p1.dlq');
      expect(await run('tend-dead-letters')).to.equal(9);
      await run('relay');
      expect(await world.bus.deadLetterDepth('p1')).to.equal(9);
    });

    it('a healthy queue, is left as it is, round after round, also where pipelines have other stages at one position', async () => {
      const other = defineJobType('other', [{ name: 'p2' }]);
      const pipelines = new Pipelines([...world.pipelines.names().map((name) => world.pipelines.typeOf(name)), other]);
      for (let count = 0; count < 10; count += 1) await buried(count % 2);
      for (let round = 0; round < 3; round += 1) expect(await run('tend-dead-letters', { pipelines })).to.equal(0);
      expect([await world.bus.deadLetterDepth('p1'), await world.bus.deadLetterDepth('p2')]).to.deep.equal([5, 5]);
      expect(world.asked('owe_dead')).to.equal(0);
    });
  });

  describe('fsck', () => {
    it('at its hour, is asked for once, however many schedulers tick; then it runs, and its result is kept', async () => {
      expect(await run('fsck')).to.equal(0);
      expect([await run('request-fsck'), await run('request-fsck', { owner: 'scheduler-2' })]).to.deep.equal([1, 0]);
      const running = run('fsck');
      await world.clock.advanceUntil('it has run', async () => (await deps.fsckRuns!.open()) === undefined);
      expect(await running).to.equal(1);
      const [kept] = await deps.fsckRuns!.list(5);
      expect(kept).to.include({ id: 'nightly-2026-01-15T1200', state: 'done', by: 'schedule', repair: false });
    });

    it('undefined, is off; what an operator asks for runs all the same', () => {
      const names = scheduleOf({ ...SETTINGS, fsckCron: undefined }).map(({ name }) => name);
      expect(names).to.include('fsck').and.not.include('request-fsck');
    });

    it('while it walks the dead letters, the janitor leaves its round out', async () => {
      const id = await buried();
      await world.replayer.replay('t', id);
      await deps.leases.tryAcquire('dead-letter-walk', 'fsck', MINUTE_MS);
      expect([await run('tend-dead-letters'), await world.bus.deadLetterDepth('p1')]).to.deep.equal([0, 1]);
      await deps.leases.release('dead-letter-walk', 'fsck');
      expect([await run('tend-dead-letters'), await world.bus.deadLetterDepth('p1')]).to.deep.equal([1, 0]);
    });
  });

  it('every task, has a line of six fields, and a name of its own', () => {
    const tasks = scheduleOf(SETTINGS);
    expect(new Set(tasks.map(({ name }) => name)).size).to.equal(tasks.length);
    for (const { name, cron } of tasks) expect(cron.split(' '), name).to.have.length(6);
  });

  it('reject by a handler, is never run again by any task', async () => {
    world.script = () => reject;
    await world.worker();
    const id = await world.submit();
    await settled();
    await world.clock.advance(24 * 60 * MINUTE_MS);
    expect([await run('rerun-failed'), await run('rerun-yesterday'), world.state(id)]).to.deep.equal([0, 0, 'FAILED']);
  });
});
