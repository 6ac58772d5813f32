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

/** Whether no job of Jobline's shape is open: two looks into partial indexes while there are any. */
export async function nothingOpen(jobs: Collection<Document>): Promise<boolean> {
  const open = async (filter: Document) => (await jobs.countDocuments(filter, { limit: 1 })) > 0;
  return !(await open({ state: 'QUEUED' })) && !(await open({ state: 'RUNNING' })) && !(await open({ active: true }));
}
