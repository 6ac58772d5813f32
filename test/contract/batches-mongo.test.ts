import { MongoBatchRules } from '../../shared/mongo/mongo-batch-rules.ts';
import { MongoBatchRuns } from '../../shared/mongo/mongo-batch-runs.ts';
import { newDatabase } from '../support/mongo.ts';
import { batchesContract } from './batches.contract.ts';

batchesContract('MongoDB', async () => {
  const database = await newDatabase();
  return { rules: new MongoBatchRules(database), runs: new MongoBatchRuns(database), dispose: database.dispose };
});
