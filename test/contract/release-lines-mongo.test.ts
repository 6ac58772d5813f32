import { MongoReleaseLines } from '../../shared/mongo/mongo-release-lines.ts';
import { newDatabase } from '../support/mongo.ts';
import { releaseLinesContract } from './release-lines.contract.ts';

releaseLinesContract('MongoReleaseLines', async () => {
  const database = await newDatabase();
  return { lines: new MongoReleaseLines(database), dispose: database.dispose };
});
