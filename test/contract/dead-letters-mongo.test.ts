import { MongoDeadLetters } from '../../shared/mongo/mongo-dead-letters.ts';
import { newDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { deadLettersContract } from './dead-letters.contract.ts';

deadLettersContract('MongoDeadLetters', async () => {
  const database = await newDatabase();
  return { letters: new MongoDeadLetters(database), put: (records) => putRecords(database, records), dispose: database.dispose };
});
