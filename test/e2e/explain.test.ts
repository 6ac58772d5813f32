import { expect } from 'chai';
import { explanation } from '../../shared/schema/explanation.ts';
import { jobResource } from '../../shared/schema/job-responses.ts';
import { eventually } from '../support/eventually.ts';
import { TestSystem } from '../support/test-system.ts';

describe('Where a job is, why, and what becomes of it, over HTTP', function () {
  this.timeout(90_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ env: { WORKER_CONCURRENCY: '1' } });
  });

  after(() => system?.stop());

  const explain = async (id: string) => explanation.parse((await system.request('GET', `/v1/jobs/${id}/explain`)).body);

  it('a submission that prefers to wait: 200 with the job once it has run through both stages', async () => {
    const answer = await system.request(
      'POST',
      '/v1/jobs',
      { type: 'noop', input: { effects: system.effects.path }, tags: ['quick'] },
      { prefer: 'wait=30' },
    );
    expect([answer.status, answer.headers.get('preference-applied')]).to.deep.equal([200, 'wait=30']);
    const job = jobResource.parse(answer.body);
    expect(job.status).to.equal('COMPLETED');
    const { reasons } = await explain(job.job_id);
    expect(reasons[0]!.evidence!.stages!.map(({ stage }) => stage)).to.deep.equal(['p1', 'p2']);
    const found = await system.request<{ jobs: { job_id: string }[] }>('GET', '/v1/jobs?q=tag:quick%20state:completed');
    expect(found.body.jobs.map(({ job_id }) => job_id)).to.deep.equal([job.job_id]);
  });

  it('jobs behind one that runs: the one is explained by its holder, the others by their places and their expected ends', async () => {
    for (let n = 0; n < 3; n += 1) await system.until(await system.submit('wait', {}), ['COMPLETED']);
    const running = await system.submit('wait', { waitMs: { p1: 40_000 } });
    await eventually('it to run', async () => (await explain(running)).reasons[0]!.code === 'running', 20_000);
    expect((await explain(running)).reasons[0]!.evidence!.owner).to.match(/^p1-worker@/);
    const waiting = [await system.submit('wait', {}), await system.submit('wait', {})];
    await eventually('the places', async () => (await system.status(waiting[1]!))['queue_position'] === 2, 20_000);
    expect((await system.status(waiting[0]!))['queue_position']).to.equal(1);
    const { reasons } = await explain(waiting[1]!);
    expect(reasons.map(({ code }) => code)).to.deep.equal(['waiting_for_turn']);
    expect(reasons[0]!.evidence!.queue_position).to.equal(2);
    await system.request('POST', `/jobs/${running}/cancel`);
    for (const id of waiting) await system.until(id, ['COMPLETED']);
  });

  it('a failed job: is removed once its end was told', async () => {
    const id = await system.submit('poison', { poison: { stage: 'p1', how: 'reject' } });
    await system.until(id, ['FAILED', 'COMPLETED']);
    await eventually('its removal', async () => (await system.request('DELETE', `/v1/jobs/${id}`)).status === 204, 20_000);
    expect((await system.request('GET', `/v1/jobs/${id}`)).status).to.equal(404);
  });
});
