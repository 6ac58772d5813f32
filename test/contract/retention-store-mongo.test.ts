import { MongoRetentionStore } from '../../shared/mongo/mongo-retention-store.ts';
import { newDatabase } from '../support/mongo.ts';
import { retentionStoreContract } from './retention-store.contract.ts';

retentionStoreContract('MongoDB', async () => {
  const database = await newDatabase();
  return { retention: new MongoRetentionStore(database), dispose: database.dispose };
});
