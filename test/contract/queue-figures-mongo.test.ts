import { expect } from 'chai';
import type { Document } from 'mongodb';
import { positionIn } from '../../shared/domain/eta/job-place.ts';
import { MongoQueueFigures } from '../../shared/mongo/mongo-queue-figures.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';
import { putRecords } from '../support/put-records.ts';
import { queueFiguresContract } from './queue-figures.contract.ts';
import { PAST, someRecord } from './store-records.ts';

queueFiguresContract('MongoQueueFigures', async () => {
  const database = await newDatabase();
  return {
    figures: new MongoQueueFigures(database),
    put: (records) => putRecords(database, records),
    dispose: database.dispose,
  };
});

describe('MongoQueueFigures, given a long queue', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  const at = (second: number) => new Date(PAST.getTime() + second * 1_000);
  /** 1,000 with marks a second apart, then 100 without, all queued at stage 1; 1,000 that have ended. */
  const marked = Array.from({ length: 1_000 }, (_, n) => someRecord({ createdAt: at(n), pub: { at: at(n) } }));
  const unmarked = Array.from({ length: 100 }, (_, n) => someRecord({ createdAt: at(1_000 + n), log: [], results: [] }));

  before(async () => {
    database = await newDatabase();
    const expireAt = new Date(Date.now() + 86_400_000);
    const ended = Array.from({ length: 1_000 }, () =>
      someRecord({ state: 'COMPLETED', active: undefined as never, doneAt: PAST, expireAt }),
    );
    await putRecords(database, [...marked, ...unmarked, ...ended], { ignoreUndefined: true });
  });
  after(() => database.dispose(true));

  it('places: right to one band of a hundred, those without a mark behind all others', async () => {
    const sample = await new MongoQueueFigures(database).queues();
    expect(sample.queues).to.have.length(1);
    expect(sample.queues[0]).to.deep.include({ count: 1_100, rung: 1_000 });
    for (const n of [0, 1, 17, 500, 998, 999]) expect(positionIn(sample, marked[n]!)).to.be.within(n - 9, n + 11);
    for (const n of [0, 50, 99]) expect(positionIn(sample, unmarked[n]!)).to.be.within(1_000 + n, 1_002 + n);
  });

  it('what it reads: keys of the index of what is queued, and two jobs; 50 of those that have ended', async () => {
    await database.db.command({ profile: 2 });
    await new MongoQueueFigures(database).queues(PAST);
    await new MongoQueueFigures(database).lastEnded(2 * 86_400_000, 50);
    await database.db.command({ profile: 0 });
    const seen = await database.db
      .collection('system.profile')
      .find({ ns: `${database.db.databaseName}.jobs` })
      .toArray();
    const counting = seen.filter(({ command }) => 'aggregate' in (command as Document));
    expect(counting.map(({ docsExamined, keysExamined }) => [docsExamined, keysExamined <= 1_101])).to.deep.equal([
      [0, true],
      [0, true],
    ]);
    const looking = seen.filter(({ command }) => 'find' in (command as Document));
    expect(looking.map(({ docsExamined }) => docsExamined as number).toSorted((a, b) => a - b)).to.deep.equal([1, 1, 50]);
    expect(seen.every(({ planSummary }) => !String(planSummary).includes('COLLSCAN'))).to.equal(true);
  });
});
