import { type ScheduledTask, scheduleOf } from '../../services/scheduler/schedule.ts';
import type { SchedulerDeps } from '../../services/scheduler/scheduler-deps.ts';
import { dutyOfDues } from '../../services/scheduler/tasks/relay-dues.ts';
import { StoreUnavailableError } from '../../shared/domain/failures.ts';
import { DueRelay } from '../../shared/jobs/relay-due.ts';
import { JobReplayer } from '../../shared/jobs/replay-job.ts';
import { MemoryFsckRuns } from '../support/memory-fsck-runs.ts';
import { cronTimes } from './cron-times.ts';
import { hasWork } from './has-work.ts';
import type { SimMessageBus } from './sim-message-bus.ts';
import type { SimProcess } from './sim-process.ts';
import { PIPELINES } from './sim-types.ts';
import type { Running } from './sim-worker.ts';
import type { SimWorld } from './sim-world.ts';
import { jobStoreOf, leaseStoreOf, outputStoreOf } from './store-port.ts';

const SETTINGS = { rerunFailedAfterMinutes: 0, rerunFailedMaxRuns: 0, nightlyRerunCron: undefined, fsckCron: undefined };
/** Nobody asks for fsck here, and no output of a schedule is an hour old. */
const LEFT_OUT = ['fsck', 'sweep-orphans'];
const ALL = scheduleOf(SETTINGS).filter(({ name }) => !LEFT_OUT.includes(name));
const TASKS = ALL.map((task) => ({ task, times: cronTimes(task.cron) }));
/** A tick that finds nothing does nothing: most are left out, to save time. */
const IDLE_TICK = 0.02;

/** A scheduler, wired as services/scheduler/main.ts wires it; its metronome is the virtual clock. */
export function simScheduler(world: SimWorld, process: SimProcess, bus: SimMessageBus): Running {
  const { clock, name: owner } = process;
  const { timeline, plan } = world;
  const store = jobStoreOf(process, world.database, world.plan.mode !== 'audit_off');
  const logger = world.loggerOf(process);
  const common = { store, bus, clock, pipelines: PIPELINES, logger };
  const relay = new DueRelay(common);
  const replayer = new JobReplayer(common);
  const outputs = outputStoreOf(process, world.database);
  const leases = leaseStoreOf(process, world.database);
  const dues = dutyOfDues({ leases, clock, owner });
  const deps: SchedulerDeps = {
    ...common,
    outputs,
    leases,
    dues,
    fsckRuns: new MemoryFsckRuns({ clock }),
    relay,
    replayer,
    owner,
  };
  const running = new Map<string, Promise<void>>();
  const stopped = new AbortController();

  const run = async (task: ScheduledTask): Promise<void> => {
    try {
      await task.run(deps, stopped.signal);
    } catch (error) {
      if (stopped.signal.aborted) return;
      if (error instanceof StoreUnavailableError) logger.warn({ task: task.name }, 'scheduled task could not reach the store');
      else logger.error({ err: error, task: task.name }, 'scheduled task failed');
    }
  };
  const tick = (): boolean => {
    if (stopped.signal.aborted) return false;
    let isIdle = true;
    const secondOfDay = Math.floor(clock.now().getTime() / 1_000) % 86_400;
    for (const { task, times } of TASKS) {
      if (!times.matches(secondOfDay) || running.has(task.name)) continue;
      if (task.name === 'audit-lost-bells' && plan.mode === 'audit_off') continue;
      if (!hasWork(world, task.name) && !process.draws.chance(IDLE_TICK)) continue;
      isIdle = false;
      running.set(
        task.name,
        run(task).finally(() => running.delete(task.name)),
      );
    }
    next();
    return !isIdle;
  };
  const next = (): void => {
    timeline.after(1_000 - (timeline.nowMs % 1_000), process, tick);
  };
  return {
    start: async () => next(),
    isBusy: () => running.size > 0,
    stop: async () => {
      stopped.abort();
      await Promise.allSettled(running.values());
      await Promise.all([dues.giveUp(), leases.release('janitor', owner)]).catch(() => undefined);
      await Promise.all([relay.stop(), replayer.stop()]);
    },
  };
}
