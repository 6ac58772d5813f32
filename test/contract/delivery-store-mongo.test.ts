import { expect } from 'chai';
import { MongoDeliveryStore } from '../../shared/mongo/mongo-delivery-store.ts';
import { MongoSigningKeys } from '../../shared/mongo/mongo-signing-keys.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { newDatabase } from '../support/mongo.ts';
import { deliveryStoreContract } from './delivery-store.contract.ts';

deliveryStoreContract('MongoDeliveryStore', async () => {
  const database = await newDatabase();
  return { deliveries: new MongoDeliveryStore(database, { clock: systemClock }), dispose: database.dispose };
});

describe('signing keys that nobody has configured', () => {
  it('are made once, whoever of several processes is first', async function () {
    const database = await newDatabase();
    const lists = await Promise.all(Array.from({ length: 8 }, () => new MongoSigningKeys(database).list()));

    expect(lists[0]).to.have.length(1);
    expect(lists[0]![0]!.secret).to.match(/^[A-Za-z0-9_-]{43}$/);
    for (const list of lists) expect(list).to.deep.equal(lists[0]);
    await database.dispose(this.test?.state !== 'failed');
  });
});
