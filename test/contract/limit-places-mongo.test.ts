import { MongoLimitPlaces } from '../../shared/mongo/mongo-limit-places.ts';
import { newDatabase } from '../support/mongo.ts';
import { limitPlacesContract } from './limit-places.contract.ts';

limitPlacesContract('MongoLimitPlaces', async () => {
  const database = await newDatabase();
  return { places: new MongoLimitPlaces(database), dispose: database.dispose };
});
