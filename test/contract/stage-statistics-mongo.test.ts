import { MongoStageStatistics } from '../../shared/mongo/mongo-stage-statistics.ts';
import { newDatabase } from '../support/mongo.ts';
import { stageStatisticsContract } from './stage-statistics.contract.ts';

stageStatisticsContract('MongoDB', async () => {
  const database = await newDatabase();
  return { statistics: new MongoStageStatistics(database), dispose: database.dispose };
});
