import { MongoWorkerReports } from '../../shared/mongo/mongo-worker-reports.ts';
import { newDatabase } from '../support/mongo.ts';
import { workerReportsContract } from './worker-reports.contract.ts';

workerReportsContract('MongoWorkerReports', async () => {
  const database = await newDatabase();
  return { reports: new MongoWorkerReports(database), dispose: database.dispose };
});
