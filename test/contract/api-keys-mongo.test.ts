import { MongoApiKeys } from '../../shared/mongo/mongo-api-keys.ts';
import { newDatabase } from '../support/mongo.ts';
import { apiKeysContract } from './api-keys.contract.ts';

apiKeysContract('MongoApiKeys', async () => {
  const database = await newDatabase();
  return { keys: new MongoApiKeys(database), dispose: database.dispose };
});
