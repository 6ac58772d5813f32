import type { BulkWriteOptions, Db } from 'mongodb';
import type { JobRecord } from '../../shared/domain/job.ts';

/** Puts records into collection `jobs` as they are, past the store. */
export async function putRecords(
  { db }: { readonly db: Db },
  records: readonly JobRecord[],
  options: BulkWriteOptions = {},
): Promise<void> {
  const jobs = db.collection<Omit<JobRecord, 'id'> & { _id: string }>('jobs');
  await jobs.insertMany(
    records.map(({ id, ...fields }) => ({ _id: id, ...fields })),
    options,
  );
}
