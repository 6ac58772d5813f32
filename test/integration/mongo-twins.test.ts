import { expect } from 'chai';
import type { JobDocument } from '../../shared/mongo/job-document.ts';
import { twinQueries } from '../../shared/mongo/job-twins.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';

interface Plan {
  readonly executionStats: { readonly totalKeysExamined: number; readonly totalDocsExamined: number };
}

describe('the look for taken keys', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async function () {
    await database.dispose(this.currentTest?.state === 'passed');
  });

  it('for one job and for many of several tenants, reads what it finds and nothing else', async () => {
    const jobs = database.db.collection<JobDocument>('jobs');
    const stored = Array.from({ length: 300 }, (_, index) => ({ _id: `j${index}`, tenant: 't', idemKey: `k${index}` }));
    await database.db.collection<{ _id: string }>('jobs').insertMany(stored, { bypassDocumentValidation: true });
    const one = { id: 'a', tenant: 't', idemKey: 'k1' };
    const many = [one, { id: 'b', tenant: 't', idemKey: 'k2' }, { id: 'c', tenant: 'other', idemKey: 'k3' }, { id: 'j9', tenant: 't' }];
    for (const [sought, count] of [
      [[one], 1],
      [many, 3],
    ] as const) {
      let read = 0;
      for (const { filter, hint } of twinQueries(sought)) {
        const { executionStats } = (await jobs.find(filter, { hint }).explain('executionStats')) as unknown as Plan;
        read += executionStats.totalDocsExamined;
        expect(executionStats.totalKeysExamined).to.be.below(10);
      }
      expect(read).to.equal(count);
    }
  });
});
