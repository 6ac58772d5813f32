import { MongoLeaseStore } from '../../shared/mongo/mongo-lease-store.ts';
import { newDatabase } from '../support/mongo.ts';
import { leaseStoreContract } from './lease-store.contract.ts';

leaseStoreContract('MongoLeaseStore', async () => {
  const database = await newDatabase({ isMigrated: false });
  return { leases: new MongoLeaseStore(database.db), dispose: database.dispose };
});
