import { auditLostBells } from '../../shared/jobs/audit-lost-bells.ts';
import { rerunYesterday } from '../../shared/jobs/rerun-failed.ts';
import { expireOverdue, rescueStalled } from '../../shared/jobs/rescue-stalled.ts';
import type { SchedulerDeps } from './scheduler-deps.ts';
import { takeUpBatchRuns, tickAllBatchRules } from './tasks/batches.ts';
import { callWaitingTurns } from './tasks/call-waiting-turns.ts';
import { forgetOldDrains } from './tasks/forget-old-drains.ts';
import { planAllWindows } from './tasks/plan-all-windows.ts';
import { relayDues } from './tasks/relay-dues.ts';
import { relayEventsAlone } from './tasks/relay-events-alone.ts';
import { replanOffPeak } from './tasks/replan-off-peak.ts';
import { requestNightlyFsck } from './tasks/request-nightly-fsck.ts';
import { requestRetention, requestShippedRun } from './tasks/request-shipped-run.ts';
import { rerunByAllRules, rerunByDefault } from './tasks/rerun.ts';
import { runAppliedReplays } from './tasks/run-applied-replays.ts';
import { runAskedUndos } from './tasks/run-asked-undos.ts';
import { runRequestedFsck } from './tasks/run-requested-fsck.ts';
import { sweepOrphans } from './tasks/sweep-orphans.ts';
import { tendAllDeadLetters } from './tasks/tend-all-dead-letters.ts';
import { wakeAllPostponed } from './tasks/wake-all-postponed.ts';

/** What the operator may set. */
export interface ScheduleSettings {
  /** 0 = off. */
  readonly rerunFailedAfterMinutes: number;
  readonly rerunFailedMaxRuns: number;
  /** Cron expression in UTC; undefined = off. */
  readonly nightlyRerunCron: string | undefined;
  /** When fsck runs by itself; cron expression in UTC; undefined = off. */
  readonly fsckCron?: string | undefined;
  /** When rules of retention are applied; cron expression in UTC; undefined = off. */
  readonly retentionCron?: string | undefined;
  /** When statistics are made anew; cron expression in UTC; undefined = off. */
  readonly statisticsCron?: string | undefined;
}

/** One line of the schedule. `run` answers how much it did; a task is never started while it still runs. */
export interface ScheduledTask {
  readonly name: string;
  /** Six fields, seconds first, in UTC: no DST holes (docs/decisions.md). */
  readonly cron: string;
  run(deps: SchedulerDeps, signal: AbortSignal): Promise<number>;
}

/** The schedule: everything that depends on time, and nothing else. */
export function scheduleOf(settings: ScheduleSettings): readonly ScheduledTask[] {
  const { rerunFailedAfterMinutes: afterMinutes, rerunFailedMaxRuns: maxRuns, nightlyRerunCron, fsckCron } = settings;
  const { retentionCron, statisticsCron } = settings;
  return [
    { name: 'relay', cron: '* * * * * *', run: relayDues },
    { name: 'relay-events', cron: '* * * * * *', run: relayEventsAlone },
    { name: 'send-callbacks', cron: '* * * * * *', run: async ({ callbacks }, signal) => (await callbacks?.run(signal)) ?? 0 },
    { name: 'rescue-stalled', cron: '*/2 * * * * *', run: rescueStalled },
    { name: 'expire-overdue', cron: '* * * * * *', run: expireOverdue },
    { name: 'wake-postponed', cron: '*/2 * * * * *', run: wakeAllPostponed },
    { name: 'call-waiting-turns', cron: '*/2 * * * * *', run: callWaitingTurns },
    { name: 'plan-windows', cron: '*/10 * * * * *', run: planAllWindows },
    { name: 'replan-off-peak', cron: '5-59/10 * * * * *', run: replanOffPeak },
    { name: 'audit-lost-bells', cron: '*/30 * * * * *', run: auditLostBells },
    { name: 'forget-drains', cron: '50 * * * * *', run: forgetOldDrains },
    { name: 'tend-dead-letters', cron: '20 * * * * *', run: tendAllDeadLetters },
    ...(afterMinutes > 0
      ? [{ name: 'rerun-failed', cron: '40 * * * * *', run: (deps: SchedulerDeps) => rerunByDefault(deps, { afterMinutes, maxRuns }) }]
      : []),
    ...(nightlyRerunCron !== undefined
      ? [{ name: 'rerun-yesterday', cron: nightlyRerunCron, run: (deps: SchedulerDeps) => rerunAtNight(deps, maxRuns + 1) }]
      : []),
    { name: 'sweep-orphans', cron: '0 7 * * * *', run: sweepOrphans },
    { name: 'replays', cron: '* * * * * *', run: runAppliedReplays },
    { name: 'replay-undos', cron: '* * * * * *', run: runAskedUndos },
    { name: 'fsck', cron: '* * * * * *', run: runRequestedFsck },
    ...(fsckCron !== undefined ? [{ name: 'request-fsck', cron: fsckCron, run: requestNightlyFsck }] : []),
    {
      name: 'rerun-by-rules',
      cron: '45 * * * * *',
      run: (deps, signal) => rerunByAllRules(deps, afterMinutes > 0 ? { afterMinutes, maxRuns } : undefined, signal),
    },
    { name: 'batch-rules', cron: '*/5 * * * * *', run: tickAllBatchRules },
    { name: 'batch-runs', cron: '* * * * * *', run: takeUpBatchRuns },
    ...(retentionCron !== undefined ? [{ name: 'request-retention', cron: retentionCron, run: requestRetention }] : []),
    ...(statisticsCron !== undefined
      ? [{ name: 'request-statistics', cron: statisticsCron, run: (deps: SchedulerDeps) => requestShippedRun(deps, 'statistics') }]
      : []),
  ];
}

/** As a batch run, which can be looked at and aborted; where there are none (simulation), at once. */
function rerunAtNight(deps: SchedulerDeps, maxRuns: number): Promise<number> {
  return deps.batches ? requestShippedRun(deps, 'rerun-yesterday') : rerunYesterday(deps, { maxRuns });
}
