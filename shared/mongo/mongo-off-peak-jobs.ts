import type { Collection, Db, Filter } from 'mongodb';
import type { OffPeakCount, OffPeakJobs, ScheduledOffPeakJob } from '../ports/off-peak-jobs.ts';
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

  async *scheduled(limit: number): AsyncGenerator<readonly ScheduledOffPeakJob[]> {
    const waiting = { active: true, offPeak: { $exists: true }, state: 'SCHEDULED' } as Filter<JobDocument>;
    const options = { projection: SEEN, sort: { 'pub.due': 1 }, hint: 'off_peak', batchSize: limit } as const;
    const cursor = this.#jobs.find<JobDocument>(waiting, options);
    try {
      while (await storeCall(() => cursor.hasNext())) yield cursor.readBufferedDocuments(limit).flatMap(scheduledJob);
    } finally {
      await cursor.close();
    }
  }
}

/** Of a job in the walk: what deciding its release needs. */
const SEEN = { type: 1, gen: 1, deadlineAt: 1, offPeak: 1, pub: 1 } as const;

function scheduledJob({ _id, type, gen, deadlineAt, offPeak, pub }: JobDocument): readonly ScheduledOffPeakJob[] {
  if (!offPeak || !pub?.due || pub.by === undefined) return [];
  return [{ id: _id, type, gen, offPeak, by: pub.by, due: pub.due, ...(deadlineAt && { deadlineAt }) }];
}

interface CountRow {
  readonly _id: { readonly type: string; readonly window?: string | null; readonly state: OffPeakCount['state'] };
  readonly jobs: number;
  readonly lastDueAt: Date | null;
}
