import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { newDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { jobStoreContract } from './job-store.contract.ts';

jobStoreContract('MongoJobStore', async () => {
  const database = await newDatabase();
  return {
    store: new MongoJobStore(database, { clock: systemClock }),
    put: (records) => putRecords(database, records),
    dispose: database.dispose,
  };
});
