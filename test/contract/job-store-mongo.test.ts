import type { JobRecord } from '../../shared/domain/job.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { newDatabase } from '../support/mongo.ts';
import { jobStoreContract } from './job-store.contract.ts';

jobStoreContract('MongoJobStore', async () => {
  const database = await newDatabase();
  const jobs = database.db.collection<Omit<JobRecord, 'id'> & { _id: string }>('jobs');
  return {
    store: new MongoJobStore(database, { clock: systemClock }),
    put: async (records) => {
      await jobs.insertMany(records.map(({ id, ...fields }) => ({ _id: id, ...fields })));
    },
    dispose: database.dispose,
  };
});
