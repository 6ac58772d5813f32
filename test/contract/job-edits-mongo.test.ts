import { MongoJobEdits } from '../../shared/mongo/mongo-job-edits.ts';
import { newDatabase } from '../support/mongo.ts';
import { jobEditsContract } from './job-edits.contract.ts';

jobEditsContract('MongoJobEdits', async () => {
  const database = await newDatabase();
  return { edits: new MongoJobEdits(database), dispose: database.dispose };
});
