import type { Collection } from 'mongodb';
import type { DueInstants } from '../ports/job-store.ts';
import type { JobDocument } from './job-document.ts';
import { storeCall } from './store-errors.ts';

const MAX_MS = 2_000;

/** The first instant of the kind after `after`, read from one key of its partial index. */
export async function findNextDue(jobs: Collection<JobDocument>, kind: keyof DueInstants, after: Date): Promise<Date | undefined> {
  const later = { $gt: after };
  const options = { maxTimeMS: MAX_MS } as const;
  if (kind === 'bell') {
    const found = await storeCall(() => jobs.findOne({ 'pub.due': later }, { ...options, sort: { 'pub.due': 1 }, projection: { pub: 1 } }));
    return found?.pub?.due;
  }
  const isActive = { active: true, deadlineAt: later } as const;
  const found = await storeCall(() => jobs.findOne(isActive, { ...options, sort: { deadlineAt: 1 }, projection: { deadlineAt: 1 } }));
  return found?.deadlineAt;
}
