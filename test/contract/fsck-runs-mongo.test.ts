import { MongoFsckRuns } from '../../shared/mongo/mongo-fsck-runs.ts';
import { newDatabase } from '../support/mongo.ts';
import { fsckRunsContract } from './fsck-runs.contract.ts';

fsckRunsContract('MongoFsckRuns', async () => {
  const database = await newDatabase({ isMigrated: false });
  return { runs: new MongoFsckRuns(database), dispose: database.dispose };
});
