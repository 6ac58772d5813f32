import type { ShippedRun } from '../../shared/domain/batches/batch-run.ts';
import type { RetentionRule } from '../../shared/domain/retention/retention-rule.ts';
import type { ShippedWork } from '../../shared/jobs/batches/batch-deps.ts';
import { rebuildStatistics, type StatisticsDeps } from '../../shared/jobs/rebuild-statistics.ts';
import { type RerunDeps, rerunYesterday } from '../../shared/jobs/rerun-failed.ts';
import { applyRetention, type RetentionDeps } from '../../shared/jobs/retention/apply-retention.ts';

export interface ShippedDeps extends RerunDeps, StatisticsDeps, Omit<RetentionDeps, 'store'> {
  retentionRules(): Promise<readonly RetentionRule[]>;
  /** Replays of a job up to which the night runs it again. */
  readonly nightlyMaxRuns: number;
}

/** What runs at night by itself, each switched off by its cron variable. */
export function shippedRuns(deps: ShippedDeps): Readonly<Record<ShippedRun, ShippedWork>> {
  return {
    'rerun-yesterday': async ({ at }) => ({ replayed: await rerunYesterday(deps, { maxRuns: deps.nightlyMaxRuns }, at) }),
    retention: async (_, signal, note) => ({
      ...(await applyRetention(deps, await deps.retentionRules(), { signal, onBatch: (counts) => note({ ...counts }) })),
    }),
    statistics: async () => ({ stages: await rebuildStatistics(deps) }),
  };
}
