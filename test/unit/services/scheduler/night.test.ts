import { expect } from 'chai';
import { type ScheduleSettings, scheduleOf } from '../../../../services/scheduler/schedule.ts';
import type { SchedulerDeps } from '../../../../services/scheduler/scheduler-deps.ts';
import { shippedRuns } from '../../../../services/scheduler/shipped-runs.ts';
import { dutyOfDues } from '../../../../services/scheduler/tasks/relay-dues.ts';
import { cronerCalendar } from '../../../../shared/cron/croner-calendar.ts';
import type { RetentionRule } from '../../../../shared/domain/retention/retention-rule.ts';
import { fingerprint } from '../../../../shared/schema/fingerprint.ts';
import { someRerunRule } from '../../../contract/rerun-rules.contract.ts';
import { BROKEN, EngineWorld } from '../../../support/engine-world.ts';
import { MemoryBatchRules, MemoryBatchRuns } from '../../../support/memory-batches.ts';
import { MemoryEndedJobs } from '../../../support/memory-ended-jobs.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';
import { MemoryRerunRules } from '../../../support/memory-rerun-rules.ts';
import { MemoryRetentionStore } from '../../../support/memory-retention-store.ts';
import { MemoryStageStatistics } from '../../../support/memory-stage-statistics.ts';

const DAY_MS = 86_400_000;
const SETTINGS: ScheduleSettings = {
  rerunFailedAfterMinutes: 10,
  rerunFailedMaxRuns: 1,
  nightlyRerunCron: '0 3 * * *',
  retentionCron: '15 * * * *',
  statisticsCron: '45 3 * * *',
};

describe('what runs at night', () => {
  let world: EngineWorld;
  let runs: MemoryBatchRuns;
  let rerunRules: MemoryRerunRules;
  let deps: SchedulerDeps;
  let retentionRules: readonly RetentionRule[];
  beforeEach(() => {
    world = new EngineWorld();
    runs = new MemoryBatchRuns(world);
    rerunRules = new MemoryRerunRules(world);
    retentionRules = [];
    const runner = { takeUp: async () => 0 };
    const batches = {
      rules: new MemoryBatchRules(),
      runs,
      runner,
      calendar: cronerCalendar,
      fingerprint,
      retentionRules: async () => retentionRules,
    };
    const { outputs, relay, replayer } = world;
    const leases = new MemoryLeaseStore(world);
    const dues = dutyOfDues({ ...world, leases, owner: 'one' });
    deps = { ...world.deps, outputs, relay, dues, replayer, leases, owner: 'one', batches, rerunRules };
  });

  const run = (name: string) =>
    scheduleOf(SETTINGS)
      .find((task) => task.name === name)!
      .run(deps, new AbortController().signal);
  const failed = async (): Promise<string> => {
    const id = await world.insert();
    world.patch(id, { state: 'FAILED', gen: 2, err: BROKEN, doneAt: world.clock.now(), active: undefined as never, pub: { by: 'x' } });
    return id;
  };
  const shipped = () =>
    shippedRuns({
      ...{ ...world.deps, outputs: world.outputs, replayer: world.replayer, fingerprint, nightlyMaxRuns: 2 },
      retention: new MemoryRetentionStore(world),
      ended: new MemoryEndedJobs(world.store),
      figures: { lastEnded: async () => [] },
      statistics: new MemoryStageStatistics(),
      retentionRules: async () => retentionRules,
    });

  for (const [task, of] of [
    ['rerun-yesterday', 'rerun-yesterday'],
    ['request-statistics', 'statistics'],
  ] as const)
    it(`${of}: is asked for once at its instant, however many schedulers tick, and again at the next one`, async () => {
      expect([await run(task), await run(task)]).to.deep.equal([1, 0]);
      await world.clock.advance(DAY_MS);
      expect(await run(task)).to.equal(1);
      expect((await runs.list(of, 9)).map(({ by, state }) => [by, state])).to.deep.equal(Array(2).fill(['schedule', 'requested']));
    });

  it('retention: is asked for where there is a rule, and not without one', async () => {
    expect(await run('request-retention')).to.equal(0);
    retentionRules = [{ days: { payload: 3 } }];
    expect(await run('request-retention')).to.equal(1);
  });

  it('each: is switched off by its cron line', () => {
    const names = scheduleOf({ rerunFailedAfterMinutes: 0, rerunFailedMaxRuns: 1, nightlyRerunCron: undefined }).map(({ name }) => name);
    expect(names).to.include('batch-runs').and.not.include.members(['rerun-yesterday']);
    expect(names.filter((name) => name.startsWith('request-'))).to.deep.equal([]);
  });

  it('rerun-yesterday, taken up a day late: replays the failures of its own yesterday, not of the day that it is taken up', async () => {
    const [own] = [await failed()];
    await world.clock.advance(DAY_MS);
    const later = await failed();
    const at = world.clock.now();
    await world.clock.advance(DAY_MS);
    const night = { id: 'n', of: 'rerun-yesterday', by: 'schedule', at, state: 'running', requestedAt: at } as const;
    expect(await shipped()['rerun-yesterday'](night, new AbortController().signal, async () => undefined)).to.deep.equal({ replayed: 1 });
    expect([world.state(own), world.state(later)]).to.deep.equal(['QUEUED', 'FAILED']);
  });

  it('re-runs: by the default alone while there is no rule, by the rules with the default last once there is one', async () => {
    const id = await failed();
    await world.clock.advance(11 * 60_000);
    expect(await run('rerun-by-rules')).to.equal(0);
    await rerunRules.put(someRerunRule({ when: { errorCode: 'another' } }), 'test');
    expect([await run('rerun-failed'), world.state(id)]).to.deep.equal([0, 'FAILED']);
    expect([await run('rerun-by-rules'), world.state(id)]).to.deep.equal([1, 'QUEUED']);
  });
});
