import { expect } from 'chai';
import { TERMINAL_STATES } from '../../shared/domain/job.ts';
import { countBacklog, countQueued } from '../../shared/mongo/job-backlog.ts';
import { type JobDocument, newJobDocument } from '../../shared/mongo/job-document.ts';
import { MongoJobFigures } from '../../shared/mongo/mongo-job-figures.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';

const ENDED = 400;
/** One job in each of the states that a question may be after. */
const OPEN = 5;
const PAST = new Date('2026-01-01T00:00:00Z');

interface Profiled {
  readonly command?: object;
  readonly planSummary?: string;
  readonly docsExamined?: number;
}

describe('what services ask the database again and again', () => {
  let database: TestDatabase;
  before(async () => {
    database = await newDatabase();
    const jobs = database.db.collection<JobDocument>('jobs');
    await jobs.insertMany([...Array.from({ length: ENDED }, (_, index) => ended(index)), ...open()]);
  });
  after(async function () {
    await database.dispose(this.currentTest?.state === 'passed');
  });

  const made = (id: string, more: object): JobDocument => {
    const fields = { tenant: 't', reqHash: 'h', type: 'x', pipelineVersion: 1, lane: 'bulk', token: 'a' } as const;
    return { ...newJobDocument({ id, ...fields, payload: { input: 1, options: {} } }, PAST, '{}'), ...more };
  };
  const ended = (index: number) => {
    const { active: _, pub: __, ...job } = made(`ended-${index}`, { doneAt: PAST, expireAt: new Date('2100-01-01'), evt: { seq: 1 } });
    // FAILED ones are asked for by their state, and may be looked at.
    return { ...job, state: TERMINAL_STATES.filter((state) => state !== 'FAILED')[index % 3]! };
  };
  const open = () => [
    made('queued', { pub: { at: PAST } }),
    made('running', { state: 'RUNNING', claim: 'c', lease: { until: PAST }, deadlineAt: PAST }),
    made('waiting', { state: 'RETRY_WAIT', pub: { due: PAST } }),
    made('owing', { state: 'COMPLETED', evt: { seq: 1, due: PAST } }),
    made('failed', { state: 'FAILED', doneAt: PAST }),
  ];

  /** All that the server did with jobs for this. */
  async function profiled(ask: () => Promise<unknown>): Promise<readonly Profiled[]> {
    const { db } = database;
    await db.command({ profile: 2 });
    await ask();
    await db.command({ profile: 0 });
    const found = await db
      .collection<Profiled>('system.profile')
      .find({ ns: `${db.databaseName}.jobs` })
      .toArray();
    await db.dropCollection('system.profile');
    return found;
  }

  const store = () => new MongoJobStore(database, { clock });
  const lost = { kind: 'lost_bell', stage: 0, lane: 'bulk', types: ['x'], before: new Date() } as const;
  const failed = { kind: 'failed', from: new Date(0), to: new Date(), maxRun: 1 } as const;
  const questions: readonly [string, () => Promise<unknown>][] = [
    ['how many wait', () => countQueued(database.db.collection('jobs'))],
    ['the backlog', () => countBacklog(database.db.collection('jobs'))],
    ['figures for metrics', () => new MongoJobFigures(database).read(new Date())],
    ['bells that are due', () => store().find({ kind: 'due' }, 100)],
    ['the next bell', () => store().nextDue('bell', new Date(0))],
    ['the next deadline', () => store().nextDue('deadline', new Date(0))],
    ['leases that ran out', () => store().find({ kind: 'lease_expired' }, 100)],
    ['deadlines that passed', () => store().find({ kind: 'deadline_passed' }, 100)],
    ['bells that were lost', () => store().find(lost, 100)],
    ['failed jobs to be run again', () => store().find(failed, 100)],
    ['events that are owed', () => store().dueEvents(100)],
  ];
  for (const [what, ask] of questions)
    it(`${what}: is answered from an index, without a look at jobs that have ended`, async () => {
      const done = await profiled(ask);
      expect(done).to.not.be.empty;
      for (const one of done) {
        const said = JSON.stringify(one.command);
        expect(one.planSummary, said).to.not.contain('COLLSCAN');
        expect(one.docsExamined, said).to.be.at.most(OPEN);
      }
    });
});
