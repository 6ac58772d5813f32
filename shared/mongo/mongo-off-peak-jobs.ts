import type { Collection, Db } from 'mongodb';
import type { OffPeakCount, OffPeakJobs } from '../ports/off-peak-jobs.ts';
import { collectionsOf } from './collections.ts';
import type { JobDocument } from './job-document.ts';
import { storeCall } from './store-errors.ts';

const COUNT_MAX_MS = 10_000;

/** Counts along the index of off-peak jobs, without a look at a record. */
export class MongoOffPeakJobs implements OffPeakJobs {
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#jobs = collectionsOf(db).jobs;
  }

  async counts(): Promise<readonly OffPeakCount[]> {
    const waiting = { active: true, offPeak: { $exists: true }, state: { $in: ['SCHEDULED', 'QUEUED'] } };
    const group = {
      _id: { type: '$type', window: '$offPeak.window', state: '$state' },
      jobs: { $sum: 1 },
      lastDueAt: { $max: '$pub.due' },
    };
    const options = { maxTimeMS: COUNT_MAX_MS, hint: 'off_peak' };
    const found = await storeCall(() => this.#jobs.aggregate<CountRow>([{ $match: waiting }, { $group: group }], options).toArray());
    return found.map(({ _id: { type, window, state }, jobs, lastDueAt }) => ({
      type,
      state,
      jobs,
      ...(window !== undefined && window !== null && { window }),
      ...(lastDueAt && { lastDueAt }),
    }));
  }
}

interface CountRow {
  readonly _id: { readonly type: string; readonly window?: string | null; readonly state: OffPeakCount['state'] };
  readonly jobs: number;
  readonly lastDueAt: Date | null;
}
