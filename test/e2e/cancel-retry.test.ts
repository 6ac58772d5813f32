import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { TestSystem } from '../support/test-system.ts';

const HANDLER_STOPS_MS = 10_000;

describe('Cancel, retry and repeat over HTTP', function () {
  this.timeout(60_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ env: { WORKER_CONCURRENCY: '1' } });
  });

  after(() => system?.stop());

  const cancel = (id: string) => system.request('POST', `/jobs/${id}/cancel`);
  const retry = (id: string, body?: unknown) => system.request('POST', `/jobs/${id}/retry`, body);
  const started = (id: string, stage: string) =>
    eventually(`${id} to be at work`, () => system.effects.of(id, stage, 'started').length > 0, 20_000);
  const stagesRun = (id: string, stage: string) => system.effects.of(id, stage, 'started').map(({ run }) => run);

  it('cancel of a running job: its handler is told to stop, its slot goes to the next, which was waiting', async () => {
    const running = await system.submit('wait', { waitMs: { p1: 50_000 } });
    await started(running, 'p1');
    const waiting = await system.submit('wait', {});
    const canceled = await cancel(running);
    expect(canceled.status).to.equal(202);
    expect(canceled.body).to.include({ job_id: running, status: 'CANCELED' });
    expect(await system.status(running)).to.include({ status: 'CANCELED' });
    await system.until(waiting, ['COMPLETED'], HANDLER_STOPS_MS);
    expect(system.effects.of(running, 'p1', 'ended')).to.deep.equal([]);
    expect(await system.status(running)).to.include({ status: 'CANCELED' });
  });

  it('cancel of a queued job: it never starts', async () => {
    const running = await system.submit('wait', { waitMs: { p1: 50_000 } });
    await started(running, 'p1');
    const queued = await system.submit('wait', {});
    expect((await cancel(queued)).body).to.include({ status: 'CANCELED' });
    expect((await cancel(running)).status).to.equal(202);
    await system.until(await system.submit('wait', {}), ['COMPLETED'], HANDLER_STOPS_MS);
    expect(system.effects.of(queued)).to.deep.equal([]);
    expect(await system.status(queued)).to.include({ status: 'CANCELED' });
  });

  it('cancel of a handler that loops in a process: the process is gone soon', async () => {
    const id = await system.submit('poison', { poison: { stage: 'p2', how: 'loop' } });
    await started(id, 'p2');
    const { pid } = system.effects.of(id, 'p2', 'started')[0]!;
    expect(system.pidsOf('p2-worker')).not.to.include(pid);
    expect(existsSync(`/proc/${pid}`)).to.equal(true);
    await cancel(id);
    await eventually('the process to be gone', () => !existsSync(`/proc/${pid}`), HANDLER_STOPS_MS);
    expect(await system.status(id)).to.include({ status: 'CANCELED' });
  });

  it('cancel of a handler that loops in a thread: the thread is ended and its slot is free', async () => {
    const id = await system.submit('poison-thread', { poison: { stage: 'p2', how: 'loop' } });
    await started(id, 'p2');
    const pids = system.pidsOf('p2-worker');
    await cancel(id);
    await system.until(await system.submit('wait', {}), ['COMPLETED'], HANDLER_STOPS_MS);
    expect(system.pidsOf('p2-worker')).to.deep.equal(pids);
    expect(system.effects.of(id, 'p2', 'ended')).to.deep.equal([]);
  });

  it('cancel again: the same answer; of a finished job: 409 and it stays as it is', async () => {
    const canceled = await system.submit('noop', {}, { run_at: new Date(Date.now() + 600_000).toISOString() });
    expect((await cancel(canceled)).status).to.equal(202);
    expect((await cancel(canceled)).status).to.equal(202);
    const done = await system.submit('noop');
    await system.until(done, ['COMPLETED']);
    const refused = await cancel(done);
    expect(refused.status).to.equal(409);
    expect(refused.headers.get('content-type')).to.match(/^application\/problem\+json/);
    expect(refused.body).to.include({ code: 'job_conflict' });
    expect(await system.status(done)).to.include({ status: 'COMPLETED' });
    expect((await cancel('00000000-0000-7000-8000-000000000000')).body).to.include({ status: 404, code: 'job_not_found' });
  });

  it('retry of a failed job: starts at the failed stage, Process 1 is not run again', async () => {
    const id = await system.submit('poison-inline', { poison: { stage: 'p2', how: 'throw' } });
    expect(await system.until(id, ['FAILED', 'COMPLETED'])).to.include({ status: 'FAILED', retry_available: true });
    expect((await retry(id)).status).to.equal(202);
    expect(await system.until(id, ['FAILED', 'COMPLETED'])).to.include({ status: 'FAILED' });
    await eventually('the second run', () => stagesRun(id, 'p2').length === 4);
    expect(stagesRun(id, 'p2')).to.deep.equal([0, 0, 1, 1]);
    expect(stagesRun(id, 'p1')).to.deep.equal([0]);
  });

  it('retry from the beginning: both stages run again', async () => {
    const id = await system.submit('poison-inline', { poison: { stage: 'p2', how: 'throw' } });
    await system.until(id, ['FAILED']);
    expect((await retry(id, { from: 'beginning' })).status).to.equal(202);
    await eventually('the second run', () => stagesRun(id, 'p2').length === 4, 20_000);
    expect(stagesRun(id, 'p1')).to.deep.equal([0, 1]);
  });

  it('retry of a canceled job: runs to its end; of one that has ended well, or not at all: 409', async () => {
    const id = await system.submit('noop', {}, { run_at: new Date(Date.now() + 600_000).toISOString() });
    expect((await retry(id)).body).to.include({ status: 409, code: 'job_conflict' });
    await cancel(id);
    expect((await retry(id)).status).to.equal(202);
    await system.until(id, ['COMPLETED']);
    expect(stagesRun(id, 'p1')).to.deep.equal([1]);
    expect((await retry(id)).body).to.include({ status: 409, code: 'job_conflict' });
  });

  it('retry of a job whose input was rejected: 409 with the reason, as retry_available said', async () => {
    const id = await system.submit('poison-inline', { poison: { stage: 'p1', how: 'reject' } });
    const failed = await system.until(id, ['FAILED', 'COMPLETED']);
    expect(failed).to.include({ status: 'FAILED', retry_available: false });
    expect(failed.error).to.match(/The input is of no use\./);
    expect(stagesRun(id, 'p1')).to.deep.equal([0]);
    expect((await retry(id)).body).to.include({ status: 409, code: 'retry_not_available' });
  });

  it('50 submissions at once with one Idempotency-Key: one job, run once; another payload: 422', async () => {
    const key = { 'idempotency-key': '"the same order"' };
    const body = { type: 'noop', input: { effects: system.effects.path } };
    const answers = await Promise.all(Array.from({ length: 50 }, () => system.request('POST', '/v1/jobs', body, key)));
    expect([...new Set(answers.map(({ status }) => status))]).to.deep.equal([202]);
    const ids = new Set(answers.map((answer) => answer.body['job_id'] as string));
    expect(ids.size).to.equal(1);
    const [id] = [...ids];
    await system.until(id!, ['COMPLETED']);
    expect(system.effects.of(id!)).to.have.length(4);
    expect(await system.db.collection('jobs').countDocuments({ idemKey: 'the same order' })).to.equal(1);
    const other = await system.request('POST', '/v1/jobs', { ...body, lane: 'bulk' }, key);
    expect(other.body).to.include({ status: 422, code: 'idempotency_mismatch' });
  });
});
