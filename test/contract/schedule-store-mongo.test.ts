import { MongoScheduleStore } from '../../shared/mongo/mongo-schedule-store.ts';
import { newDatabase } from '../support/mongo.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { scheduleStoreContract } from './schedule-store.contract.ts';

scheduleStoreContract('MongoScheduleStore', async () => {
  const database = await newDatabase();
  return { schedules: new MongoScheduleStore(database, silentLogger()), dispose: database.dispose };
});
