import { MongoVersionUses } from '../../shared/mongo/mongo-version-uses.ts';
import { newDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { versionUsesContract } from './version-uses.contract.ts';

versionUsesContract('MongoVersionUses', async () => {
  const database = await newDatabase();
  return { uses: new MongoVersionUses(database), put: (records) => putRecords(database, records), dispose: database.dispose };
});
