import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryRateBuckets } from '../support/memory-rate-buckets.ts';
import { rateBucketsContract } from './rate-buckets.contract.ts';

rateBucketsContract('MemoryRateBuckets', async () => {
  const buckets = new MemoryRateBuckets({ clock: systemClock });
  return { buckets: [buckets, buckets], dispose: async () => undefined };
});
