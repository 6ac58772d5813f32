import { tickBatchRules } from '../../../shared/jobs/batches/tick-batch-rules.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Asks for the runs of batch rules whose instant has come. @returns runs asked for. */
export async function tickAllBatchRules({ batches, store }: SchedulerDeps): Promise<number> {
  return batches ? tickBatchRules({ ...batches, store }) : 0;
}

/** Takes up batch runs that are open; each is carried out by one scheduler. @returns runs taken up. */
export async function takeUpBatchRuns({ batches }: SchedulerDeps, signal: AbortSignal): Promise<number> {
  return (await batches?.runner.takeUp(signal)) ?? 0;
}
