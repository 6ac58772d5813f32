import type { Collection, Document } from 'mongodb';
import type { Backlog } from '../ports/job-store.ts';
import type { JobDocument } from './job-document.ts';

interface Row {
  readonly _id: Pick<Backlog, 'state' | 'stage' | 'lane'>;
  readonly count: number;
}

const GROUP: Document = { $group: { _id: { state: '$state', stage: '$stage', lane: '$lane' }, count: { $sum: 1 } } };

/** Jobs in some states, and the index that has them. */
type Part = readonly [match: Document, index: string];

/**
 * Each part by one partial index, those of QUEUED and FAILED from its keys alone. The index is named: the planner takes one only where
 * the query has its first field, so without a name RUNNING would read every job there is, ended ones too.
 */
const QUEUED: Part = [{ state: 'QUEUED' }, 'queued'];
const OTHERS: readonly Part[] = [
  [{ state: 'RUNNING' }, 'leases'],
  [{ state: { $in: ['RETRY_WAIT', 'SCHEDULED'] }, 'pub.due': { $exists: true } }, 'bells_owed'],
  [{ state: 'FAILED' }, 'failed'],
];

/** Every open job and every dead letter, each once. */
export const BACKLOG_PARTS: readonly Part[] = [QUEUED, ...OTHERS];

/** Jobs by state, stage and lane: those that wait or run, and those that failed. */
export function countBacklog(jobs: Collection<JobDocument>): Promise<readonly Backlog[]> {
  return countParts(jobs, BACKLOG_PARTS);
}

/** The same without those that are QUEUED. */
export function countOthers(jobs: Collection<JobDocument>, maxTimeMS: number): Promise<readonly Backlog[]> {
  return countParts(jobs, OTHERS, { maxTimeMS });
}

/** Jobs that are QUEUED, in number: the server counts keys without looking at them, at a third of the cost of telling them apart. */
export async function countQueued(jobs: Collection<JobDocument>): Promise<number> {
  const [match, hint] = QUEUED;
  return jobs.countDocuments(match, { hint });
}

async function countParts(
  jobs: Collection<JobDocument>,
  parts: readonly Part[],
  options: { readonly maxTimeMS?: number } = {},
): Promise<readonly Backlog[]> {
  const counted = await Promise.all(
    parts.map(([match, hint]) => jobs.aggregate<Row>([{ $match: match }, GROUP], { ...options, hint }).toArray()),
  );
  return counted.flat().map(({ _id, count }) => ({ ..._id, count }));
}
