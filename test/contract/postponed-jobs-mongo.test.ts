import { MongoPostponedJobs } from '../../shared/mongo/mongo-postponed-jobs.ts';
import { newDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { postponedJobsContract } from './postponed-jobs.contract.ts';

postponedJobsContract('MongoPostponedJobs', async () => {
  const database = await newDatabase();
  return {
    postponed: new MongoPostponedJobs(database),
    put: (records) => putRecords(database, records),
    dispose: database.dispose,
  };
});
