import type { JobRecord } from '../../shared/domain/job.ts';
import { MongoJobSearch } from '../../shared/mongo/mongo-job-search.ts';
import { newDatabase } from '../support/mongo.ts';
import { jobSearchContract } from './job-search.contract.ts';

const documentOf = ({ id, ...fields }: JobRecord) => ({ _id: id, ...fields });

for (const lookedAt of [10_000, 3]) {
  jobSearchContract(`MongoJobSearch, looking at ${lookedAt} jobs for a page`, async () => {
    const database = await newDatabase();
    return {
      searcher: new MongoJobSearch(database, { lookedAt }),
      put: async (records) => {
        await database.db.collection<Omit<JobRecord, 'id'> & { _id: string }>('jobs').insertMany(records.map(documentOf));
      },
      dispose: database.dispose,
    };
  });
}
