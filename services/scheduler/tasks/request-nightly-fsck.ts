import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Asks for the nightly fsck, which looks and mends nothing. Schedulers that tick at once ask for one. @returns requests made. */
export async function requestNightlyFsck({ fsckRuns, store }: SchedulerDeps): Promise<number> {
  if (!fsckRuns) return 0;
  const now = await store.serverTime();
  // To the minute on the store's clock, half a minute on: clocks of schedulers differ by seconds.
  const tick = new Date(Math.round(now.getTime() / 60_000) * 60_000).toISOString().slice(0, 16);
  return (await fsckRuns.request({ id: `nightly-${tick.replace(':', '')}`, by: 'schedule', repair: false })) ? 1 : 0;
}
