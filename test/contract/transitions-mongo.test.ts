import { expect } from 'chai';
import fc from 'fast-check';
import { ACTIVE_STATES, type JobRecord, TERMINAL_STATES } from '../../shared/domain/job.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { applyUpdate, meetsCondition } from '../support/memory-transition.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';
import { FUTURE, PAST, someRecord, timeless } from './store-records.ts';
import { TRANSITION_CASES } from './transition-cases.ts';

const moment = fc.constantFrom(PAST, FUTURE);
const token = fc.constantFrom('x', 'y', 'tok', 'later');

/** Any record that the schema allows, also ones that the protocol never makes; values are those that conditions ask for. */
const anyRecord: fc.Arbitrary<JobRecord> = fc
  .record(
    {
      state: fc.constantFrom(...ACTIVE_STATES, ...TERMINAL_STATES),
      stage: fc.constantFrom(0, 1, 2),
      gen: fc.constantFrom(6, 7, 8),
      claim: fc.constantFrom('b', 'c', 'other'),
      owner: fc.constant('o'),
      lease: fc.record({ until: moment }),
      startedAt: moment,
      attempt: fc.integer({ min: 1, max: 5 }),
      crashes: fc.nat(3),
      pub: fc.record({ due: moment, at: moment, by: token, to: fc.constant('dlq' as const) }, { requiredKeys: [] }),
      evt: fc.record({ seq: fc.constantFrom(3, 4), due: moment }, { requiredKeys: ['seq'] }),
      deadlineAt: moment,
      active: fc.constant(true as const),
      progress: fc.double({ min: 0, max: 1, noNaN: true }),
      err: fc.constant({ code: 'old', message: 'Old.', errorClass: 'retry' as const, detail: { stays: 'not' } }),
      doneAt: moment,
      expireAt: fc.constant(FUTURE),
    },
    { requiredKeys: ['state', 'stage', 'gen', 'attempt', 'crashes'] },
  )
  .map((fields) => {
    const { evt: _, active: __, ...base } = someRecord();
    return { ...base, ...fields };
  });

const anyCase = fc.record({ record: anyRecord, one: fc.constantFrom(...TRANSITION_CASES) });

describe('transitions in MongoDB, by comparison', function () {
  this.timeout(30_000);
  let database: TestDatabase;
  before(async () => {
    database = await newDatabase();
  });
  after(function () {
    return database.dispose(this.test?.parent?.tests.every((test) => test.isPassed()) ?? false);
  });

  it('any transition on any record, does what its interpretation in memory does', async () => {
    const store = new MongoJobStore(database, { clock: systemClock });
    const jobs = database.db.collection<{ _id: string }>('jobs');
    let met = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyCase, { minLength: 20, maxLength: 20 }), async (cases) => {
        const records = cases.map(({ record }) => ({ ...record, id: systemClock.uuid() }));
        await jobs.insertMany(records.map(({ id, ...fields }) => ({ _id: id, ...fields })));
        await Promise.all(
          cases.map(async ({ one: { name, transition } }, index) => {
            const record = records[index]!;
            const now = new Date();
            const isMet = meetsCondition(record, transition.when, now);
            if (isMet) met += 1;
            expect(await store.apply([record.id], transition), `whether ${name} holds`).to.equal(isMet ? 1 : 0);
            const [after] = await store.read([record.id], 'local');
            const interpreted: JobRecord & { readonly payload?: string } = isMet ? applyUpdate(record, transition, now) : record;
            // No part of what is read as a record.
            const { payload: _, ...expected } = interpreted;
            expect(timeless(after), name).to.deep.equal(timeless(expected));
          }),
        );
      }),
      { numRuns: 50, endOnFailure: true },
    );
    expect(met, 'transitions whose condition held').to.be.greaterThan(20);
  });
});
