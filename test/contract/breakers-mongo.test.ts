import { MongoBreakers } from '../../shared/mongo/mongo-breakers.ts';
import { newDatabase } from '../support/mongo.ts';
import { breakersContract } from './breakers.contract.ts';

breakersContract('MongoBreakers', async () => {
  const database = await newDatabase({ isMigrated: false });
  return { breakers: new MongoBreakers(database), dispose: database.dispose };
});
