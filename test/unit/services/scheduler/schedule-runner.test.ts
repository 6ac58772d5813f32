import { expect } from 'chai';
import type { ScheduledTask } from '../../../../services/scheduler/schedule.ts';
import { ScheduleRunner } from '../../../../services/scheduler/schedule-runner.ts';
import type { SchedulerDeps } from '../../../../services/scheduler/scheduler-deps.ts';
import { dutyOfDues } from '../../../../services/scheduler/tasks/relay-dues.ts';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { systemClock } from '../../../../shared/runtime/system-clock.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const EACH_SECOND = '* * * * * *';

describe('ScheduleRunner', () => {
  const log: { level: string; message: string; fields: object }[] = [];
  let deps: SchedulerDeps;
  let runner: ScheduleRunner | undefined;

  beforeEach(() => {
    const world = new EngineWorld();
    const { store, outputs, relay, replayer } = world;
    log.length = 0;
    const leases = new MemoryLeaseStore({ clock: systemClock });
    const dues = dutyOfDues({ leases, clock: systemClock, owner: 'me' });
    deps = { ...world.deps, store, outputs, relay, dues, replayer, leases, owner: 'me', logger: silentLogger(log) };
  });
  afterEach(() => runner?.stop());

  async function started(tasks: readonly ScheduledTask[]): Promise<ScheduleRunner> {
    runner = new ScheduleRunner(deps, tasks);
    await runner.start();
    return runner;
  }

  it('a task that still runs, is not started again; the others go on, and one that fails does too', async () => {
    let [slow, quick, failing] = [0, 0, 0];
    const { counters } = await started([
      {
        name: 'slow',
        cron: EACH_SECOND,
        run: (_, signal) => {
          slow += 1;
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)));
        },
      },
      { name: 'quick', cron: EACH_SECOND, run: async () => (quick += 1) },
      {
        name: 'failing',
        cron: EACH_SECOND,
        run: async () => {
          failing += 1;
          throw failing === 1 ? new StoreUnavailableError('away') : new TypeError('a bug');
        },
      },
    ]);
    await eventually('two rounds', () => quick >= 2 && failing >= 2);
    expect(slow).to.equal(1);
    expect(log.filter(({ level }) => level !== 'info').map(({ level, message }) => `${level} ${message}`)).to.include.members([
      'warn scheduled task could not reach the store',
      'error scheduled task failed',
    ]);
    expect(counters.get('slow')).to.include({ done: 0, items: 0 });
    expect(counters.get('quick')).to.include({ done: quick, items: (quick * (quick + 1)) / 2, failed: 0 });
    expect(counters.get('failing')).to.include({ done: 0, storeUnavailable: 1, failed: failing - 1 });
  });

  it('stop, ends what runs, gives up the lease and starts nothing more', async () => {
    let runs = 0;
    let hasEnded = false;
    await deps.leases.tryAcquire('janitor', 'me', 60_000);
    expect(await deps.dues.isMine()).to.equal(true);
    const one = await started([
      {
        name: 'slow',
        cron: EACH_SECOND,
        run: (_, signal) => {
          runs += 1;
          return new Promise((resolve) =>
            signal.addEventListener('abort', () => {
              hasEnded = true;
              resolve(0);
            }),
          );
        },
      },
    ]);
    await eventually('the task runs', () => runs === 1);
    await one.stop();
    expect(hasEnded).to.equal(true);
    expect(await deps.leases.tryAcquire('janitor', 'another', 1)).to.equal(true);
    expect(await deps.leases.tryAcquire('relay', 'another', 1)).to.equal(true);
    await one.stop();
  });
});
