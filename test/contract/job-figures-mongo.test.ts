import { expect } from 'chai';
import type { Document } from 'mongodb';
import { StoreUnavailableError } from '../../shared/domain/failures.ts';
import { MongoJobFigures } from '../../shared/mongo/mongo-job-figures.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { jobFiguresContract } from './job-figures.contract.ts';
import { PAST, someRecord } from './store-records.ts';

jobFiguresContract('MongoJobFigures', async () => {
  const database = await newDatabase();
  return {
    figures: new MongoJobFigures(database),
    notes: new MongoJobStore(database, { clock: systemClock }),
    put: (records) => putRecords(database, records),
    dispose: database.dispose,
  };
});

describe('MongoJobFigures on its indexes', function () {
  this.timeout(60_000);
  let database: TestDatabase;

  before(async () => {
    database = await newDatabase();
    const records = Array.from({ length: 300 }, (_, index) => {
      const state = (['QUEUED', 'FAILED', 'COMPLETED'] as const)[index % 3]!;
      return someRecord({ state, ...(state === 'QUEUED' ? { pub: { at: PAST } } : { doneAt: PAST }) });
    });
    await putRecords(database, records);
  });
  after(() => database.dispose(true));

  it('300 jobs, 100 of them queued and 100 failed: counts from the keys of the partial indexes, without reading a job', async () => {
    await database.db.command({ profile: 2 });
    await new MongoJobFigures(database).read(PAST);
    await database.db.command({ profile: 0 });
    const seen = await database.db
      .collection('system.profile')
      .find({ ns: `${database.db.databaseName}.jobs` })
      .toArray();
    const counting = seen.filter(({ command }) => 'aggregate' in (command as Document));
    expect(counting).to.have.length(4);
    expect(counting.every(({ docsExamined, keysExamined }) => docsExamined === 0 && keysExamined <= 101)).to.equal(true);
    const looking = seen.filter(({ command }) => 'find' in (command as Document));
    expect(looking).to.have.length(4);
    expect(looking.every(({ docsExamined }) => docsExamined <= 1)).to.equal(true);
    expect(seen.every(({ planSummary }) => !String(planSummary).includes('COLLSCAN'))).to.equal(true);
  });

  it('MongoDB away: says so', async () => {
    const closed = await newDatabase();
    await closed.dispose(true);
    const problem = await new MongoJobFigures(closed).read().catch((error: unknown) => error);
    expect(problem).to.be.instanceOf(StoreUnavailableError);
  });
});
