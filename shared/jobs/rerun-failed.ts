import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { JobReplayer } from './replay-job.ts';

const BATCH = 500;
const DAY_MS = 86_400_000;

export interface RerunDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly replayer: JobReplayer;
  readonly logger: Logger;
}

/**
 * Re-runs jobs that failed at least `afterMinutes` ago (and at most a day more), unless their error is of class `reject` or
 * they have been replayed `maxRuns` times already. @returns how many were replayed.
 */
export async function rerunFailed(deps: RerunDeps, rule: { afterMinutes: number; maxRuns: number }): Promise<number> {
  const now = await deps.store.serverTime();
  const to = new Date(now.getTime() - rule.afterMinutes * 60_000);
  return replayRange(deps, new Date(to.getTime() - DAY_MS), to, rule.maxRuns, `re-run ${rule.afterMinutes} min after it failed`);
}

/** Re-runs yesterday's (UTC) retryable failures, whatever their number of runs up to `maxRuns`. @param at the day after; default today. @returns how many. */
export async function rerunYesterday(deps: RerunDeps, rule: { maxRuns: number }, at?: Date): Promise<number> {
  const now = at ?? (await deps.store.serverTime());
  const today = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  return replayRange(deps, new Date(today.getTime() - DAY_MS), today, rule.maxRuns, "nightly re-run of yesterday's failures");
}

async function replayRange({ store, replayer }: RerunDeps, from: Date, to: Date, maxRuns: number, message: string): Promise<number> {
  let replayed = 0;
  for (;;) {
    const failed = await store.find({ kind: 'failed', from, to, maxRun: maxRuns - 1 }, BATCH);
    const before = replayed;
    for (const record of failed) if (await replayer.replayRecord(record, { message })) replayed += 1;
    // None replayed: another scheduler was faster, or nothing is left.
    if (failed.length < BATCH || replayed === before) return replayed;
  }
}
