import { MongoJobChanges } from '../../shared/mongo/mongo-job-changes.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { newDatabase } from '../support/mongo.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { jobChangesContract } from './job-changes.contract.ts';

jobChangesContract('MongoJobChanges', async () => {
  const database = await newDatabase();
  return {
    store: new MongoJobStore(database, { clock }),
    changes: new MongoJobChanges(database, silentLogger()),
    dispose: database.dispose,
  };
});
