import { expect } from 'chai';
import type { JobDocument } from '../../shared/mongo/job-document.ts';
import { keyedEnvironment } from '../bench/fairness/keyed-system.ts';
import { fairnessOf } from '../bench/fairness/measure.ts';
import { problemsOf } from '../bench/fairness/waits.ts';
import { runKeyedLoad } from '../limits/keyed-load.ts';
import { eventually } from '../support/eventually.ts';
import { TestSystem } from '../support/test-system.ts';

describe('Limits', function () {
  this.timeout(120_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ scale: { 'p1-worker': 2 }, env: { WORKER_CONCURRENCY: '4' } });
  });

  after(() => system?.stop());

  it('jobs of three keys with a limit of one, and workers and the scheduler killed: never two of a key run at once, and all complete', async () => {
    const kills = ['p1-worker', 'scheduler', 'p2-worker'];
    const result = await runKeyedLoad(system, {
      ...{ keys: 3, jobsPerKey: 4, waitMs: 200, betweenKillsMs: 600 },
      ...{ kills, endWithinMs: 90_000 },
    });
    expect([result.ended, result.killed, result.mostAtOnce]).to.deep.equal([{ COMPLETED: 12 }, kills.length, 1]);
  });

  it('a rate of a tenant over two workers: no more start than it says, and all complete', async () => {
    await system.request('PUT', '/admin/v1/limits', { tenant: 'default', starts_per_second: 5, reason: 'test' });
    await eventually(
      'the workers follow',
      async () => (await startsOf(8)).some((at, index, all) => index > 0 && at - all[0]! > 900),
      30_000,
    );
    const starts = await startsOf(12);
    // The bucket holds what a second brings; a claim comes just before its token.
    const most = Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + 1_000).length));
    expect([starts.length, most <= 11]).to.deep.equal([24, true]);
    expect((await system.request('DELETE', '/admin/v1/limits/tenant%3Ddefault')).status).to.equal(204);
  });

  /** When the stages of so many jobs began, by MongoDB's clock, oldest first. */
  async function startsOf(jobs: number): Promise<readonly number[]> {
    const made = await Promise.all(Array.from({ length: jobs }, () => system.request('POST', '/v1/jobs', { type: 'noop', input: {} })));
    const _id = { $in: made.map(({ body }) => String(body['job_id'])) };
    const all = system.db.collection<JobDocument>('jobs');
    await eventually('all have completed', async () => (await all.countDocuments({ _id, state: 'COMPLETED' })) === jobs, 30_000);
    const found = await all.find({ _id }).toArray();
    return found.flatMap(({ results }) => results.map(({ startedAt }) => startedAt!.getTime())).toSorted((a, b) => a - b);
  }

  it('a limit that an operator sets and removes: workers follow within seconds', async () => {
    const set = await system.request('PUT', '/admin/v1/limits', { tenant: 'default', concurrency: 1, reason: 'test' });
    expect(set.status).to.equal(200);
    expect(set.body).to.include({ limit_id: 'tenant=default', concurrency: 1 });
    expect((await system.request('DELETE', '/admin/v1/limits/tenant%3Ddefault')).status).to.equal(204);
    expect((await system.request('DELETE', '/admin/v1/limits/tenant%3Ddefault')).body).to.include({ code: 'limit_not_found' });
  });
});

describe('A tenant that submits much', function () {
  this.timeout(120_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ env: keyedEnvironment(5) });
  });

  after(() => system?.stop());

  it('has 500 jobs queued: the first jobs of others do not wait for them', async () => {
    const wanted = { jobs: 500, tenants: 2, lane: 'standard', handlerMs: 40, limitMs: 2_000 } as const;
    expect(problemsOf(await fairnessOf(system.system, wanted), wanted)).to.deep.equal([]);
  });
});
