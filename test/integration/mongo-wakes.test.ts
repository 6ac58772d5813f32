import { expect } from 'chai';
import { cancel, claim, fail } from '../../shared/domain/transitions.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { MongoWakes, type WakeKind } from '../../shared/mongo/mongo-wakes.ts';
import type { NewJob } from '../../shared/ports/job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { eventually } from '../support/eventually.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';
import { silentLogger } from '../support/silent-logger.ts';

const inMs = (ms: number) => new Date(Date.now() + ms);

describe('wakes', () => {
  let database: TestDatabase;
  const listening: { close(): Promise<void> }[] = [];
  before(async () => {
    database = await newDatabase();
  });
  afterEach(() => Promise.all(listening.splice(0).map((one) => one.close())));
  after(async function () {
    await database.dispose(this.currentTest?.state === 'passed');
  });

  const job = (id: string, more: Partial<NewJob> = {}): NewJob => ({
    ...{ id, tenant: 't', reqHash: 'h', type: 'x', pipelineVersion: 1, lane: 'bulk', token: 'a' },
    payload: { input: 1, options: {} },
    ...more,
  });
  const told = () => database.db.collection('wakes').countDocuments({ kind: 'dues' });

  /** Counts wakes; the first one says that it listens. */
  async function heard(kind: WakeKind): Promise<{ count: number }> {
    const seen = { count: 0 };
    listening.push(new MongoWakes(database).listen(kind, () => (seen.count += 1), silentLogger()));
    await eventually('it listens', () => seen.count > 0);
    return seen;
  }

  it('told, wakes all who listen for it, and nobody else', async () => {
    const [one, other, schedules] = [await heard('dues'), await heard('dues'), await heard('schedules')];
    const before = { one: one.count, other: other.count, schedules: schedules.count };
    new MongoWakes(database).tell('dues');
    await eventually('both are woken', () => one.count > before.one && other.count > before.other);
    expect(schedules.count).to.equal(before.schedules);
  });

  it('told very often at once, is told a few times, the last time after the last of them', async () => {
    const wakes = new MongoWakes(database);
    const before = await told();
    for (let time = 0; time < 1_000; time += 1) wakes.tell('dues');
    await eventually('they are told', async () => (await told()) >= before + 2);
    expect(await told()).to.equal(before + 2);
  });

  it('jobs that wait for an instant to come soon are told; those of the hot path, or due later, are not', async () => {
    const store = new MongoJobStore(database, { clock });
    const wakes = database.db.collection('wakes');
    /** Writes, then a mark that comes after what the write tells. */
    const toldBy = async (write: () => Promise<unknown>): Promise<number> => {
      const before = await told();
      await write();
      await wakes.insertOne({ kind: 'mark' }, { writeConcern: { w: 'majority' } });
      return (await told()) - before;
    };
    const tells = (write: () => Promise<unknown>) => eventually('it is told', async () => (await toldBy(write)) > 0);
    const retryOf = (id: string, afterMs: number) =>
      fail({ claim: id, token: 'b', afterMs, error: { code: 'c', message: 'm', errorClass: 'retry' } });
    const isQuiet = async (write: () => Promise<unknown>) => expect(await toldBy(write)).to.equal(0);
    await isQuiet(() => store.insert([job('hot'), job('hot-2')]));
    for (const id of ['hot', 'hot-2'])
      await isQuiet(() => store.apply([id], claim({ stage: 0, gen: 1, claim: id, owner: 'w', leaseMs: 60_000 })));
    await isQuiet(() => store.insert([job('later', { runAt: inMs(60_000) })]));
    await isQuiet(() => store.apply(['hot'], retryOf('hot', 60_000)));
    await isQuiet(() => store.apply(['later'], cancel(60_000)));
    await tells(() => store.insert([job(clock.uuid(), { deadlineAt: inMs(500) })]));
    await tells(() => store.insert([job(clock.uuid(), { runAt: inMs(500) })]));
    const before = await told();
    await store.apply(['hot-2'], retryOf('hot-2', 300));
    await eventually('the retry is told', async () => (await told()) > before);
  });
});
