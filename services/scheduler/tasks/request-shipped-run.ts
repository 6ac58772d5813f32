import type { ShippedRun } from '../../../shared/domain/batches/batch-run.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Asks for a run of what ships, which is carried out by `batch-runs`. Schedulers that tick at once ask for one. @returns requests made. */
export async function requestShippedRun({ batches, store }: SchedulerDeps, name: ShippedRun): Promise<number> {
  if (!batches) return 0;
  // To the minute on the store's clock, half a minute on: clocks of schedulers differ by seconds.
  const at = new Date(Math.round((await store.serverTime()).getTime() / 60_000) * 60_000);
  const id = `${name}-${at.toISOString().slice(0, 16).replace(':', '')}`;
  return (await batches.runs.request({ id, of: name, by: 'schedule', at })) ? 1 : 0;
}

/** The same for retention, where there is a rule. */
export async function requestRetention(deps: SchedulerDeps): Promise<number> {
  const hasRules = (await deps.batches?.retentionRules())?.length;
  return hasRules ? requestShippedRun(deps, 'retention') : 0;
}
