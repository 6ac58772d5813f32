import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import { MongoJobRemover } from '../../shared/mongo/mongo-job-remover.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { newDatabase } from '../support/mongo.ts';
import { jobRemoverContract } from './job-remover.contract.ts';

jobRemoverContract('MongoJobRemover', async () => {
  const database = await newDatabase();
  const jobs = database.db.collection<Omit<JobRecord, 'id'> & { _id: string }>('jobs');
  return {
    store: new MongoJobStore(database, { clock }),
    remover: new MongoJobRemover(database),
    put: async (records) => {
      for (const { id, ...fields } of records) await jobs.replaceOne({ _id: id }, fields, { upsert: true });
    },
    dispose: async (hasPassed) => {
      if (hasPassed) {
        const orphans = await database.db
          .collection('payloads')
          .aggregate([{ $lookup: { from: 'jobs', localField: '_id', foreignField: '_id', as: 'job' } }, { $match: { job: [] } }])
          .toArray();
        expect(orphans, 'payloads without a job').to.deep.equal([]);
      }
      await database.dispose(hasPassed);
    },
  };
});
