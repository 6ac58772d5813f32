import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { TestSystem } from '../support/test-system.ts';

interface Job {
  readonly results: readonly { readonly stage: string }[];
}

describe('Scheduler', function () {
  this.timeout(60_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start();
  });

  after(() => system?.stop());

  const job = async (id: string) => (await system.request<Job & Record<string, unknown>>('GET', `/v1/jobs/${id}`)).body;

  it('an attempt that fails: is repeated by itself after its backoff, and the job completes', async () => {
    const id = await system.submit('poison-inline', { poison: { stage: 'p1', how: 'throw', attempts: 1 } });
    expect(await system.until(id, ['COMPLETED', 'FAILED'])).to.include({ status: 'COMPLETED' });
    expect(system.effects.of(id, 'p1').map(({ what, attempt }) => `${what} ${attempt}`)).to.deep.equal([
      'started 1',
      'started 2',
      'ended 2',
    ]);
    expect(system.effects.of(id, 'p2', 'ended')).to.have.length(1);
  });

  it('attempts that all fail: FAILED with the error and a retry on offer', async () => {
    const id = await system.submit('poison-inline', { poison: { stage: 'p2', how: 'throw' } });
    const failed = await system.until(id, ['COMPLETED', 'FAILED']);
    expect(failed).to.include({ status: 'FAILED', progress: 70, retry_available: true });
    expect(failed.error).to.match(/poisoned/);
    expect(system.effects.of(id, 'p1', 'started')).to.have.length(1);
    expect(system.effects.of(id, 'p2', 'started')).to.have.length(2);
  });

  it('run_at two seconds ahead: SCHEDULED, started then and not before', async () => {
    const runAt = new Date(Date.now() + 2_000);
    const id = await system.submit('noop', {}, { run_at: runAt.toISOString() });
    expect(await system.status(id)).to.include({ status: 'SCHEDULED', progress: 0 });
    await system.until(id, ['COMPLETED']);
    const startedAtMs = system.effects.of(id, 'p1', 'started')[0]!.atMs;
    expect(startedAtMs - runAt.getTime()).to.be.within(0, 10_000);
  });

  it('deadline_at passed while it runs: EXPIRED, and the handler is stopped', async () => {
    const id = await system.submit('wait', { waitMs: { p1: 20_000 } }, { deadline_at: new Date(Date.now() + 2_500).toISOString() });
    await eventually('the job to be at work', () => system.effects.of(id, 'p1', 'started').length === 1);
    expect((await system.until(id, ['EXPIRED', 'COMPLETED', 'FAILED'])).status).to.equal('EXPIRED');
    expect(system.effects.of(id, 'p1', 'ended')).to.deep.equal([]);
  });

  it('deadline_at passed while it waits: EXPIRED, and it never starts', async () => {
    // Isolated handlers have two slots: what comes behind two long jobs waits.
    const long = await Promise.all([0, 1].map(() => system.submit('wait', { waitMs: { p1: 20_000 } })));
    await eventually('both slots to be taken', () => long.every((id) => system.effects.of(id, 'p1', 'started').length === 1));
    const id = await system.submit('wait', {}, { deadline_at: new Date(Date.now() + 1_000).toISOString() });
    expect((await system.until(id, ['EXPIRED', 'COMPLETED', 'FAILED'])).status).to.equal('EXPIRED');
    await Promise.all(long.map((one) => system.request('POST', `/jobs/${one}/cancel`)));
    // The slots are free again and the queue is worked on, past the bell of the expired one.
    await system.until(await system.submit('wait'), ['COMPLETED']);
    expect(system.effects.of(id)).to.deep.equal([]);
  });

  it('a worker killed with SIGKILL at work: the job is rescued once its lease is over, and completes', async () => {
    const id = await system.submit('wait', { waitMs: { p1: 1_000 } });
    await eventually('the job to be at work', () => system.effects.of(id, 'p1', 'started').length === 1);
    const [killed] = await system.system.kill('p1-worker');
    expect(await system.until(id, ['COMPLETED', 'FAILED'])).to.include({ status: 'COMPLETED' });
    const started = system.effects.of(id, 'p1', 'started');
    expect(started).to.have.length(2);
    expect(started[1]!.pid).not.to.equal(killed);
    expect((await job(id)).results.map(({ stage }) => stage)).to.deep.equal(['p1', 'p2']);
  });
});
