import { MongoRerunRules } from '../../shared/mongo/mongo-rerun-rules.ts';
import { newDatabase } from '../support/mongo.ts';
import { rerunRulesContract } from './rerun-rules.contract.ts';

rerunRulesContract('MongoDB', async () => {
  const database = await newDatabase();
  return { rules: new MongoRerunRules(database), dispose: database.dispose };
});
