import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { evidenceOf, problemsOf } from '../support/job-evidence.ts';
import { TestSystem } from '../support/test-system.ts';

/** Workers follow a control within this. */
const FOLLOW_MS = 2_000;

interface StageControl {
  readonly stage: string;
  readonly state: string;
  readonly workers: { readonly live: number; readonly taking_work: number };
}
interface Worker {
  readonly worker_id: string;
  readonly state: string;
  readonly pid: number;
  readonly stages: readonly string[];
}
interface Explained {
  readonly summary: string;
  readonly reasons: readonly { readonly code: string }[];
}

describe('A paused stage where one queue carries all, TOPOLOGY=single', function () {
  this.timeout(90_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ topology: 'single', services: ['gateway', 'single-worker', 'scheduler'] });
  });

  after(() => system?.stop());

  it('its jobs wait, those of the other stage go on, and they run when resumed', async () => {
    const first = await system.submit('wait', { waitMs: { p1: FOLLOW_MS, p2: 500 } });
    await system.until(first, ['PROCESS_1_RUNNING']);
    expect((await system.request('POST', '/admin/v1/stages/p1/pause', { reason: 'a look' })).status).to.equal(201);
    expect(await system.untilAllEnded([first])).to.deep.equal({ COMPLETED: 1 });
    const ids = await Promise.all(['wait', 'noop', 'wait-inline'].map((type) => system.submit(type)));
    const isHeld = async (id: string) => (await system.record(id)).log.some(({ event }) => event === 'released');
    await eventually('all to be held back', async () => (await Promise.all(ids.map(isHeld))).every(Boolean), 10_000);
    expect(ids.map((id) => system.effects.of(id, 'p1', 'started').length)).to.deep.equal([0, 0, 0]);
    expect((await system.request('POST', '/admin/v1/stages/p1/resume')).status).to.equal(204);
    expect(await system.untilAllEnded(ids, 20_000)).to.deep.equal({ COMPLETED: 3 });
    expect(problemsOf(await evidenceOf(system, [first, ...ids]))).to.deep.equal([]);
  });
});

describe('Pauses and drains, by what operators ask for', function () {
  this.timeout(120_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ env: { WORKER_CONCURRENCY: '2' } });
  });

  after(() => system?.stop());

  const started = (id: string, stage: string): number => system.effects.of(id, stage, 'started').length;
  const explain = async (id: string) => (await system.request<Explained & Record<string, unknown>>('GET', `/v1/jobs/${id}/explain`)).body;
  const workers = async () => (await system.request<{ workers: Worker[] }>('GET', '/admin/v1/workers')).body.workers;

  async function stateOf(stage: string): Promise<string> {
    const { body } = await system.request<{ stages: { control: StageControl[] }[] }>('GET', '/admin/v1/stages');
    return body.stages.flatMap(({ control }) => control).find((one) => one.stage === stage)!.state;
  }

  async function pause(path: string, body: object): Promise<string> {
    const answer = await system.request('POST', path, body);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
    return answer.body['pause_id'] as string;
  }

  it('a paused stage: starts nothing, what runs ends, the next stage goes on, a killed worker changes nothing, and all run when resumed', async () => {
    const running = await Promise.all([0, 1].map(() => system.submit('wait', { waitMs: { p1: 1_500, p2: 3_000 } })));
    await eventually('both to run', () => running.every((id) => started(id, 'p1') === 1));
    // No slot is free: these wait in the worker when the pause comes.
    const held = await Promise.all(Array.from({ length: 4 }, () => system.submit('wait')));
    await pause('/admin/v1/stages/p1/pause', { reason: 'the database is being moved.' });
    await eventually('p1 to be paused', async () => (await stateOf('p1')) === 'paused', 20_000);
    const late = await Promise.all(['wait', 'wait-inline', 'noop'].map((type) => system.submit(type)));
    await system.system.kill('p1-worker', 'SIGKILL');
    // p2 works: these had begun before the pause.
    expect(await system.untilAllEnded(running)).to.deep.equal({ COMPLETED: 2 });
    const waiting = [...held, ...late];
    await eventually(
      'another p1-worker',
      async () => (await workers()).some(({ stages, state }) => stages[0] === 'p1' && state === 'paused'),
      30_000,
    );
    expect(waiting.map((id) => started(id, 'p1'))).to.deep.equal(waiting.map(() => 0));
    const { reasons, summary } = await explain(held[0]!);
    expect(reasons[0]!.code).to.equal('paused');
    expect(summary).to.equal('Process 1 is paused until an operator resumes it, by operator, because: the database is being moved.');
    expect((await system.request('POST', '/admin/v1/stages/p1/resume')).status).to.equal(204);
    expect(await system.untilAllEnded(waiting)).to.deep.equal({ COMPLETED: waiting.length });
    expect(await stateOf('p1')).to.equal('running');
    expect(problemsOf(await evidenceOf(system, [...running, ...waiting]))).to.deep.equal([]);
  });

  it('a pause with an end: ends by itself', async () => {
    await pause('/admin/v1/stages/p1/pause', { reason: 'a short look', for_seconds: 6 });
    await eventually('p1 to be paused', async () => (await stateOf('p1')) === 'paused', 10_000);
    const id = await system.submit('noop');
    expect((await explain(id)).summary).to.match(/^Process 1 is paused until \d{4}-.*Z, by operator, because: a short look\.$/);
    expect(await system.untilAllEnded([id], 20_000)).to.deep.equal({ COMPLETED: 1 });
    expect((await system.request<{ pauses: object[] }>('GET', '/admin/v1/pauses')).body.pauses).to.deep.equal([]);
  });

  it('a paused type at one stage: its jobs wait without an attempt, others pass, and they run at once when it ends', async () => {
    const id = await pause('/admin/v1/pauses', { stage: 'p2', type: 'wait-inline', reason: 'its service is down' });
    const paused = await Promise.all(Array.from({ length: 5 }, () => system.submit('wait-inline', { waitMs: { p1: FOLLOW_MS } })));
    const others = await Promise.all(['wait', 'noop'].map((type) => system.submit(type)));
    expect(await system.untilAllEnded(others)).to.deep.equal({ COMPLETED: 2 });
    for (const job of paused) await system.until(job, ['PROCESS_1_DONE']);
    const postponed = async () =>
      (await Promise.all(paused.map((job) => system.record(job)))).every(({ log }) => log.some(({ event }) => event === 'released'));
    await eventually('all to be postponed', postponed, 10_000);
    expect((await explain(paused[0]!)).summary).to.equal(
      'Process 2 for jobs of type wait-inline is paused until an operator resumes it, by operator, because: its service is down.',
    );
    expect((await system.request('DELETE', `/admin/v1/pauses/${encodeURIComponent(id)}`)).status).to.equal(204);
    expect(await system.untilAllEnded(paused, 15_000)).to.deep.equal({ COMPLETED: paused.length });
    const evidence = await evidenceOf(system, paused);
    expect(problemsOf(evidence)).to.deep.equal([]);
    expect(evidence.flatMap(({ effects }) => effects.map(({ attempt }) => attempt)).every((attempt) => attempt === 1)).to.equal(true);
  });

  it('windows by calendar: an off-peak job runs when its window opens, what a window stops runs when that ends', async () => {
    const opensAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 8_000);
    const cron = `${opensAt.getUTCSeconds()} ${opensAt.getUTCMinutes()} ${opensAt.getUTCHours()} * * *`;
    const put = async (name: string, window: object) =>
      expect((await system.request('PUT', `/admin/v1/windows/${name}`, { cron, reason: 'r', ...window })).status).to.equal(201);
    const startOf = async (job: string) => new Date((await system.record(job)).results[0]!.startedAt!).getTime();
    await put('soon', { effect: 'off_peak', types: ['noop'], duration_seconds: 600 });
    await put('closed', { effect: 'stop', type: 'wait', duration_seconds: 4 });
    const id = await system.submit('noop', {}, { off_peak: true });
    expect((await explain(id)).summary).to.match(/^The job waits for off-peak window soon, opens at .*; it is released at /);
    expect((await system.record(id)).state).to.equal('SCHEDULED');
    await system.until(id, ['COMPLETED'], 20_000);
    expect(await startOf(id)).to.be.at.least(opensAt.getTime());
    const stopped = await system.submit('wait');
    expect(await system.untilAllEnded([stopped], 20_000)).to.deep.equal({ COMPLETED: 1 });
    expect(system.effects.of(stopped, 'p1', 'started')).to.have.length(1);
    expect(await startOf(stopped)).to.be.at.least(opensAt.getTime() + 4_000);
    expect(problemsOf(await evidenceOf(system, [id, stopped]))).to.deep.equal([]);
    for (const name of ['soon', 'closed']) expect((await system.request('DELETE', `/admin/v1/windows/${name}`)).status).to.equal(204);
  });

  it('a drained worker: takes nothing new while others work, and works again when resumed', async () => {
    const [drained] = (await workers()).filter(({ stages, state }) => stages[0] === 'p2' && state === 'working');
    const path = `/admin/v1/workers/${encodeURIComponent(drained!.worker_id)}`;
    expect((await system.request('POST', `${path}/drain`, { reason: 'new kernel' })).status).to.equal(202);
    await eventually('it to be drained', async () => (await system.request('GET', path)).body['state'] === 'drained', 15_000);
    const id = await system.submit('noop');
    await system.until(id, ['PROCESS_1_DONE']);
    expect((await system.request('POST', `${path}/resume`)).status).to.equal(202);
    expect(await system.untilAllEnded([id])).to.deep.equal({ COMPLETED: 1 });
  });
});
