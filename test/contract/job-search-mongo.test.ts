import { MongoJobSearch } from '../../shared/mongo/mongo-job-search.ts';
import { newDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { jobSearchContract } from './job-search.contract.ts';

for (const lookedAt of [10_000, 3]) {
  jobSearchContract(`MongoJobSearch, looking at ${lookedAt} jobs for a page`, async () => {
    const database = await newDatabase();
    return {
      searcher: new MongoJobSearch(database, { lookedAt }),
      put: (records) => putRecords(database, records),
      dispose: database.dispose,
    };
  });
}
