import { MongoReplayOperations } from '../../shared/mongo/mongo-replay-operations.ts';
import { newDatabase } from '../support/mongo.ts';
import { replayOperationsContract } from './replay-operations.contract.ts';

replayOperationsContract('MongoReplayOperations', async () => {
  const database = await newDatabase();
  return { replays: new MongoReplayOperations(database), dispose: database.dispose };
});
