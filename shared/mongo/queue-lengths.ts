import type { Collection } from 'mongodb';
import type { Lane } from '../domain/job.ts';
import type { JobDocument } from './job-document.ts';

/** A backlog at its bound is counted from index keys in less than a second; more means that the server has no time for this. */
export const FIGURES_MAX_MS = 10_000;
/** Before any mark: a bell that was not marked has none, which compares as less than every date. */
export const NO_TIME = new Date(0);

/** What is queued at one stage and lane. */
export interface QueueLength {
  readonly stage: number;
  readonly lane: Lane;
  readonly count: number;
  /** Of these, those whose bell was marked as rung by now, and by the moment asked about. */
  readonly rung: number;
  readonly rungBefore: number;
}

interface Row extends Pick<QueueLength, 'count' | 'rung' | 'rungBefore'> {
  readonly _id: Pick<QueueLength, 'stage' | 'lane'>;
}

const rungBy = (moment: Date) => ({ $sum: { $cond: [{ $and: [{ $gt: ['$pub.at', NO_TIME] }, { $lte: ['$pub.at', moment] }] }, 1, 0] } });

/** Counts the queues by the keys of the index `queued` alone. */
export async function queueLengths(jobs: Collection<JobDocument>, now: Date, before: Date): Promise<readonly QueueLength[]> {
  const group = { _id: { stage: '$stage', lane: '$lane' }, count: { $sum: 1 }, rung: rungBy(now), rungBefore: rungBy(before) };
  const options = { hint: 'queued', maxTimeMS: FIGURES_MAX_MS };
  const rows = await jobs.aggregate<Row>([{ $match: { state: 'QUEUED' } }, { $group: group }], options).toArray();
  return rows.map(({ _id, ...counts }) => ({ ..._id, ...counts }));
}
