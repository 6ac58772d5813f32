import { MongoLetterGroups } from '../../shared/mongo/mongo-letter-groups.ts';
import { newDatabase } from '../support/mongo.ts';
import { letterGroupsContract } from './letter-groups.contract.ts';

letterGroupsContract('MongoLetterGroups', async () => {
  const database = await newDatabase();
  return { groups: new MongoLetterGroups(database), dispose: database.dispose };
});
