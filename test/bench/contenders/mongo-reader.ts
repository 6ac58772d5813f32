import type { Collection, Document } from 'mongodb';

/** Ends a watch. */
export type EndWatch = () => Promise<void>;

/** Has ids pushed by a change stream as their documents come to match; it reads with `majority`, as every change stream. */
export async function watchIds(jobs: Collection<Document>, match: Document, onId: (id: unknown) => void): Promise<EndWatch> {
  const stream = jobs.watch<Document, Document>([{ $match: match }, { $project: { documentKey: 1 } }]);
  // Opens the cursor: what happens from here on is seen.
  await stream.tryNext();
  const follow = async () => {
    while (!stream.closed) onId(((await stream.next()) as { documentKey: { _id: unknown } }).documentKey._id);
  };
  const following = follow().catch((error: unknown) => {
    if (!stream.closed) throw error;
  });
  return async () => {
    await stream.close();
    await following;
  };
}

/** Jobs of Jobline's shape whose record has just become COMPLETED. */
export const COMPLETED_NOW = { 'updateDescription.updatedFields.state': 'COMPLETED' } as const;

/**
 * What is open, each kind by a field that a partial index begins with: jobs that have ended are never read, however many there are.
 * One question for all: a job that goes from one kind to the other between two would be in neither.
 */
const OPEN: Document = {
  $or: [
    { state: 'QUEUED' },
    { state: 'RUNNING', 'lease.until': { $exists: true } },
    { state: { $in: ['RETRY_WAIT', 'SCHEDULED'] }, 'pub.due': { $exists: true } },
  ],
};

/** Whether no job of Jobline's shape is open. While many wait, the first of them is the answer. */
export async function nothingOpen(jobs: Collection<Document>): Promise<boolean> {
  const isNone = async (filter: Document) => (await jobs.countDocuments(filter, { limit: 1 })) === 0;
  return (await isNone({ state: 'QUEUED' })) && (await isNone(OPEN));
}
