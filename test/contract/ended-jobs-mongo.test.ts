import type { JobRecord } from '../../shared/domain/job.ts';
import { MongoEndedJobs } from '../../shared/mongo/mongo-ended-jobs.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { newDatabase } from '../support/mongo.ts';
import { endedJobsContract } from './ended-jobs.contract.ts';

endedJobsContract('MongoDB', async () => {
  const database = await newDatabase();
  const jobs = database.db.collection<Omit<JobRecord, 'id'> & { _id: string }>('jobs', { writeConcern: { w: 'majority' } });
  return {
    store: new MongoJobStore(database, { clock }),
    ended: new MongoEndedJobs(database),
    put: async (records) => {
      for (const { id, ...fields } of records) await jobs.replaceOne({ _id: id }, fields, { upsert: true });
    },
    dispose: database.dispose,
  };
});
