import { replanReleases } from '../../../shared/jobs/off-peak/replan-releases.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Plans off-peak jobs again whose windows have changed. @returns jobs planned. */
export async function replanOffPeak(
  { control, offPeak, store, leases, owner, clock }: SchedulerDeps,
  signal: AbortSignal,
): Promise<number> {
  return control && offPeak ? replanReleases({ ...control, ...offPeak, store, leases, owner, clock }, signal) : 0;
}
