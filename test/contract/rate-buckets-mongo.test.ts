import { MongoRateBuckets } from '../../shared/mongo/mongo-rate-buckets.ts';
import { newDatabase } from '../support/mongo.ts';
import { rateBucketsContract } from './rate-buckets.contract.ts';

rateBucketsContract('MongoRateBuckets', async () => {
  const database = await newDatabase();
  return { buckets: [new MongoRateBuckets(database), new MongoRateBuckets(database)], dispose: database.dispose };
});
