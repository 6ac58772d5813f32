import { MongoOverflowJobs } from '../../shared/mongo/mongo-overflow-jobs.ts';
import { newDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { overflowJobsContract } from './overflow-jobs.contract.ts';

overflowJobsContract('MongoOverflowJobs', async () => {
  const database = await newDatabase();
  return {
    overflow: new MongoOverflowJobs(database),
    put: (records) => putRecords(database, records),
    dispose: database.dispose,
  };
});
