import { MongoOutputStore } from '../../shared/mongo/mongo-output-store.ts';
import { newDatabase } from '../support/mongo.ts';
import { movableClock } from '../support/movable-clock.ts';
import { outputStoreContract } from './output-store.contract.ts';

outputStoreContract('MongoOutputStore', async () => {
  const clock = movableClock();
  const database = await newDatabase();
  const { db } = database;
  return {
    outputs: new MongoOutputStore(database, { clock, uploadTtlHours: 1 }),
    putJob: async ({ id, ...fields }) => {
      await db.collection<{ _id: string }>('jobs').insertOne({ _id: id, ...fields });
    },
    fileCount: async () => (await db.collection('files.chunks').distinct('files_id')).length,
    advance: (ms) => clock.advance(ms),
    dispose: database.dispose,
  };
});
