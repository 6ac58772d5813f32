import type { Collection, Document } from 'mongodb';
import type { JobState, Lane } from '../domain/job.ts';
import type { Backlog } from '../ports/job-store.ts';
import type { JobDocument } from './job-document.ts';

interface Row {
  readonly _id: { readonly state: JobState; readonly stage: number; readonly lane: Lane };
  readonly count: number;
}

const GROUP: Document = { $group: { _id: { state: '$state', stage: '$stage', lane: '$lane' }, count: { $sum: 1 } } };

/** Each part is answered by one partial index; the first and the last from their keys alone. */
const PARTS: readonly Document[] = [
  { state: 'QUEUED' },
  { state: 'RUNNING' },
  { state: { $in: ['RETRY_WAIT', 'SCHEDULED'] }, 'pub.due': { $exists: true } },
  { state: 'FAILED' },
];

/** Jobs by state, stage and lane: those that wait or run, and those that failed. */
export async function countBacklog(jobs: Collection<JobDocument>): Promise<readonly Backlog[]> {
  const parts = await Promise.all(PARTS.map((part) => jobs.aggregate<Row>([{ $match: part }, GROUP]).toArray()));
  return parts.flat().map(({ _id: { state, stage, lane }, count }) => ({ state, stage, lane, count }));
}
