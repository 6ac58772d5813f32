import { expect } from 'chai';
import type { Document } from 'mongodb';
import type { JobRecord, JobState } from '../../shared/domain/job.ts';
import type { JobSearch } from '../../shared/domain/search/job-search.ts';
import { MongoJobSearch } from '../../shared/mongo/mongo-job-search.ts';
import { MongoQueueFigures } from '../../shared/mongo/mongo-queue-figures.ts';
import { PAST, someRecord } from '../contract/store-records.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';

/** A page looks at about a quarter of them at most. What docs/http.md says is of 200,000. */
const JOBS = Number(process.env['JOBLINE_TEST_SEARCHED_JOBS'] ?? 40_000);
/** A page that is short is looked for twice: for its jobs, and for its end. */
const BOUND = 21_001;
/** Of what most jobs meet, and of what a tenth does. */
const [OFTEN, TENTH] = [501, 11_502];
/** Of a hundred jobs: 5 failed, 1 running, 10 queued; a fifth has tags, every thousandth is of a rare type. */
const stateOf = (n: number): JobState => (n % 100 < 5 ? 'FAILED' : n % 100 === 5 ? 'RUNNING' : n % 100 < 16 ? 'QUEUED' : 'COMPLETED');
const at = (n: number) => new Date(PAST.getTime() + n * 100);

function documentAt(n: number): Document {
  const state = stateOf(n);
  const isActive = state === 'QUEUED' || state === 'RUNNING';
  const { id, active: _, ...fields } = someRecord({ state, type: n % 1_000 === 999 ? 'rare' : 'report', createdAt: at(n) });
  return {
    _id: id,
    ...fields,
    ...(isActive ? { active: true } : { doneAt: at(n) }),
    ...(state === 'QUEUED' && { pub: { at: at(n) } }),
    ...(state === 'RUNNING' && { claim: 'c', lease: { until: at(n) } }),
    ...(state === 'FAILED' && { err: { code: n % 10_000 === 1 ? 'rare_error' : 'boom', message: 'm', errorClass: 'retry' } }),
    ...(n % 5 === 0 && { tags: [`t${n % 50}`, 'all'] }),
  };
}

describe(`searching among ${JOBS} jobs`, function () {
  this.timeout(600_000);
  let database: TestDatabase;

  before(async () => {
    database = await newDatabase();
    const jobs = database.db.collection<Omit<JobRecord, 'id'> & { _id: string }>('jobs', { writeConcern: { w: 1 } });
    for (let from = 0; from < JOBS; from += 10_000) {
      await jobs.insertMany(Array.from({ length: 10_000 }, (_, n) => documentAt(from + n)) as never, { ordered: false });
    }
  });
  after(() => database.dispose(true));

  /** What one page costs: keys and jobs looked at, over all its questions. */
  async function cost(ask: () => Promise<unknown>) {
    await database.db.command({ profile: 2 });
    const startedAtMs = performance.now();
    await ask();
    const ms = performance.now() - startedAtMs;
    await database.db.command({ profile: 0 });
    const profile = database.db.collection('system.profile');
    const seen = await profile.find({ ns: `${database.db.databaseName}.jobs` }).toArray();
    await profile.drop();
    const sum = (field: string) => seen.reduce((total, one) => total + ((one[field] as number) ?? 0), 0);
    return { ms, plans: seen.map(({ planSummary }) => String(planSummary)), keys: sum('keysExamined'), docs: sum('docsExamined') };
  }

  for (const [name, search, most] of [
    ['all', {}, 51],
    ['state:failed', { state: 'FAILED' }, OFTEN],
    ['error:boom', { errorCode: 'boom' }, OFTEN],
    ['error:rare_error, one of 500 failed', { errorCode: 'rare_error' }, BOUND],
    ['state:running, as many as there are handlers', { state: 'RUNNING' }, JOBS / 100],
    ['state:queued', { state: 'QUEUED' }, TENTH],
    ['state:completed', { state: 'COMPLETED' }, OFTEN],
    ['state:expired, of which there is none', { state: 'EXPIRED' }, BOUND],
    ['type:report', { type: 'report' }, OFTEN],
    ['type:rare', { type: 'rare' }, BOUND],
    ['tag:t10', { tags: ['t10'] }, 51],
    ['tag:all tag:t10', { tags: ['all', 't10'] }, TENTH],
    ['tag:all type:rare', { tags: ['all'], type: 'rare' }, BOUND],
    ['age:>', { createdBefore: at(JOBS / 2) }, 51],
    ['age:> state:failed', { createdBefore: at(JOBS / 2), state: 'FAILED' }, OFTEN],
    ['age:< type:rare', { createdAfter: at(JOBS - 5_000), type: 'rare' }, 9_999],
  ] as const satisfies readonly (readonly [string, Omit<JobSearch, 'tenant'>, number])[]) {
    it(`${name}: looks at no more than ${most} jobs for a page, by an index`, async () => {
      const { plans, docs, keys, ms } = await cost(() => new MongoJobSearch(database).search({ tenant: 't', ...search }, 50));
      expect(plans.join(), plans.join()).to.not.contain('COLLSCAN');
      expect(docs, `jobs looked at in ${Math.round(ms)} ms`).to.be.at.most(most);
      expect(keys).to.be.at.most(most + 1);
    });
  }

  it('a page far behind: costs what the first one does', async () => {
    const searcher = new MongoJobSearch(database);
    let after: string | undefined;
    for (let page = 0; page < 4; page += 1) after = (await searcher.search({ tenant: 't' }, 5_000, after)).next;
    const { docs, keys } = await cost(() => searcher.search({ tenant: 't' }, 50, after));
    expect(
      [docs, keys].every((count) => count <= 53),
      `${docs} jobs, ${keys} keys`,
    ).to.equal(true);
  });

  it('pages of a rare type: come to all of them, a bounded number of jobs at a time', async () => {
    const searcher = new MongoJobSearch(database);
    let [found, pages] = [0, 0];
    for (let after: string | undefined; pages === 0 || after; pages += 1) {
      const page = await searcher.search({ tenant: 't', type: 'rare' }, 50, after);
      found += page.jobs.length;
      after = page.next;
    }
    expect(found).to.equal(JOBS / 1_000);
    expect(pages).to.be.within(Math.floor(JOBS / 10_500), JOBS / 10_000 + 2);
  });

  it('the figures of the queued ones, a tenth: from keys alone', async () => {
    const { docs, ms } = await cost(() => new MongoQueueFigures(database).queues(at(10)));
    expect(docs, `in ${Math.round(ms)} ms`).to.equal(0);
  });
});
