import type { Collection, Document } from 'mongodb';
import type { JobState, Lane } from '../domain/job.ts';
import type { Backlog } from '../ports/job-store.ts';
import type { JobDocument } from './job-document.ts';

interface Row {
  readonly _id: { readonly state: JobState; readonly stage: number; readonly lane: Lane };
  readonly count: number;
}

const GROUP: Document = { $group: { _id: { state: '$state', stage: '$stage', lane: '$lane' }, count: { $sum: 1 } } };

/**
 * Each part by one partial index, those of QUEUED and FAILED from its keys alone. The index is named: the planner takes one only where
 * the query has its first field, so without a name RUNNING would read every job there is, ended ones too.
 */
const PARTS: readonly (readonly [match: Document, index: string])[] = [
  [{ state: 'QUEUED' }, 'queued'],
  [{ state: 'RUNNING' }, 'leases'],
  [{ state: { $in: ['RETRY_WAIT', 'SCHEDULED'] }, 'pub.due': { $exists: true } }, 'bells_owed'],
  [{ state: 'FAILED' }, 'failed'],
];

/** Jobs by state, stage and lane: those that wait or run, and those that failed. */
export async function countBacklog(jobs: Collection<JobDocument>): Promise<readonly Backlog[]> {
  const parts = await Promise.all(PARTS.map(([match, hint]) => jobs.aggregate<Row>([{ $match: match }, GROUP], { hint }).toArray()));
  return parts.flat().map(({ _id: { state, stage, lane }, count }) => ({ state, stage, lane, count }));
}

/** Jobs that are QUEUED, in number: the server counts keys without looking at them, at a third of the cost of telling them apart. */
export async function countQueued(jobs: Collection<JobDocument>): Promise<number> {
  return jobs.countDocuments({ state: 'QUEUED' }, { hint: 'queued' });
}
