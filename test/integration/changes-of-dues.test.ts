import { expect } from 'chai';
import { MongoJobChanges } from '../../shared/mongo/mongo-job-changes.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import type { NewJob } from '../../shared/ports/job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { eventually } from '../support/eventually.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';
import { silentLogger } from '../support/silent-logger.ts';

const SOON = new Date(Date.now() + 3_600_000);

describe('changes that may bring an earlier due instant', () => {
  let database: TestDatabase;
  before(async () => {
    database = await newDatabase();
  });
  after(async function () {
    await database.dispose(this.currentTest?.state === 'passed');
  });

  const job = (id: string, more: Partial<NewJob> = {}): NewJob => ({
    ...{ id, tenant: 't', reqHash: 'h', type: 'x', pipelineVersion: 1, lane: 'bulk', token: 'a' },
    payload: { input: 1, options: {} },
    ...more,
  });

  it('scheduled jobs, deadlines and retries are told; jobs of the hot path are not', async () => {
    const store = new MongoJobStore(database, { clock });
    const told: string[] = [];
    let begun = 0;
    const watch = new MongoJobChanges(database, silentLogger(), 'dues').listen({
      changed: ({ id }) => told.push(id),
      missed: () => (begun += 1),
    });
    await eventually('the changes are followed', () => begun > 0);
    await store.insert([job('hot'), job('retried')]);
    const jobs = database.db.collection<{ _id: string }>('jobs');
    await jobs.updateOne({ _id: 'hot' }, { $set: { state: 'RUNNING', gen: 2 } });
    await store.insert([job('scheduled', { runAt: SOON }), job('bounded', { deadlineAt: SOON })]);
    await jobs.updateOne({ _id: 'retried' }, { $set: { state: 'RETRY_WAIT', gen: 2 } });
    await eventually('the last one is told', () => told.includes('retried'));
    await watch.close();
    expect(told).to.have.members(['scheduled', 'bounded', 'retried']);
  });
});
