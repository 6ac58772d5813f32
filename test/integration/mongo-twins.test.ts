import { expect } from 'chai';
import { twinFilter } from '../../shared/mongo/job-twins.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';

describe('the look for taken keys', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async function () {
    await database.dispose(this.currentTest?.state === 'passed');
  });

  it('for one job and for many of several tenants, is answered from indexes', async () => {
    const one = { id: 'a', tenant: 't', idemKey: 'k' };
    const many = [one, { id: 'b', tenant: 't', idemKey: 'l' }, { id: 'c', tenant: 'other', idemKey: 'm' }, { id: 'd', tenant: 't' }];
    for (const jobs of [[one], many]) {
      const plan = JSON.stringify(await database.db.collection<{ _id: string }>('jobs').find(twinFilter(jobs)).explain('queryPlanner'));
      expect(plan).to.contain('"indexName":"idempotency"').and.contain('"indexName":"_id_"').and.not.contain('COLLSCAN');
    }
  });
});
