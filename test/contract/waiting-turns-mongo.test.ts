import { MongoWaitingTurns } from '../../shared/mongo/mongo-waiting-turns.ts';
import { newDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { waitingTurnsContract } from './waiting-turns.contract.ts';

waitingTurnsContract('MongoWaitingTurns', async () => {
  const database = await newDatabase();
  return {
    waiting: new MongoWaitingTurns(database),
    put: (records) => putRecords(database, records),
    dispose: database.dispose,
  };
});
