import { MongoOffPeakJobs } from '../../shared/mongo/mongo-off-peak-jobs.ts';
import { newDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { offPeakJobsContract } from './off-peak-jobs.contract.ts';

offPeakJobsContract('MongoOffPeakJobs', async () => {
  const database = await newDatabase();
  return { offPeakJobs: new MongoOffPeakJobs(database), put: (records) => putRecords(database, records), dispose: database.dispose };
});
