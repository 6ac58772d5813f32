import { expect } from 'chai';
import type { WorkerReport } from '../../../../shared/domain/control/worker-report.ts';
import { GatewayFixture } from './gateway-fixture.ts';

type Json = Record<string, unknown>;

const WORKER: WorkerReport = {
  id: 'p1-worker@host:1:abcd',
  service: 'p1-worker',
  version: '1.0.0',
  host: 'host',
  pid: 1,
  stages: ['p1'],
  startedAt: new Date('2026-01-01T00:00:00.000Z'),
  leases: 1,
  jobs: [{ id: '0193', type: 'report', stage: 0, attempt: 1 }],
  bellsHeld: 3,
  slots: 4,
  slotsBusy: 1,
  loopLagMs: { mean: 1, longest: 9 },
  memoryBytes: 1_000,
  draining: false,
  paused: false,
};

describe('the control plane: pauses and workers', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const send = (method: string, path: string, body?: unknown) => gateway.operator(method, path, body);
  const stageOf = async (stage: string) => {
    const { stages } = (await send('GET', '/admin/v1/stages')).body as { stages: { control: (Json & { stage: string })[] }[] };
    return stages.flatMap(({ control }) => control).find((one) => one.stage === stage)!;
  };

  it('a pause, is shown where it is, beside its stage, and gone once it is ended', async () => {
    const made = await send('POST', '/admin/v1/pauses', { type: 'report', tenant: 'acme', reason: 'too much', for_seconds: 60 });
    expect(made.status).to.equal(201);
    expect(made.body).to.include({ pause_id: 'type=report,tenant=acme', state: 'active', by: 'operator', reason: 'too much' });
    const { created_at: from, until } = made.body as { created_at: string; until: string };
    expect(Date.parse(until) - Date.parse(from)).to.be.within(58_000, 62_000);
    const { pauses } = (await send('GET', '/admin/v1/pauses')).body;
    expect(pauses).to.deep.equal([made.body]);
    expect((await stageOf('p2'))['pauses']).to.deep.equal([made.body]);
    expect((await stageOf('p2'))['state'], 'its other jobs run').to.equal('running');
    const self = made.headers.get('location')!;
    expect((await send('GET', self)).body).to.deep.equal(made.body);
    expect((await send('DELETE', self)).status).to.equal(204);
    for (const method of ['GET', 'DELETE'])
      expect((await send(method, self)).body, method).to.include({ status: 404, code: 'pause_not_found' });
    expect((await send('GET', '/admin/v1/pauses')).body).to.deep.equal({ pauses: [] });
  });

  it('a stage, is pausing while a worker still works, then paused, then running', async () => {
    await gateway.workers.report(WORKER);
    expect(await stageOf('p1')).to.deep.include({ state: 'running', workers: { live: 1, taking_work: 1, slots: 4, slots_busy: 1 } });
    expect((await send('POST', '/admin/v1/stages/p1/pause', { reason: 'x' })).body).to.include({ pause_id: 'stage=p1', stage: 'p1' });
    await gateway.workers.report({ ...WORKER, paused: true });
    expect((await stageOf('p1'))['state']).to.equal('pausing');
    await gateway.workers.report({ ...WORKER, paused: true, leases: 0 });
    expect((await stageOf('p1'))['state']).to.equal('paused');
    expect((await stageOf('p2'))['state']).to.equal('running');
    expect((await send('POST', '/admin/v1/stages/p1/resume')).status).to.equal(204);
    expect((await stageOf('p1'))['state']).to.equal('running');
    expect((await send('POST', '/admin/v1/stages/p1/resume')).status).to.equal(404);
  });

  it('a pause that begins later, is planned', async () => {
    const from = new Date(Date.now() + 60_000).toISOString();
    expect((await send('POST', '/admin/v1/pauses', { reason: 'x', from })).body).to.include({ pause_id: 'all', state: 'planned', from });
    expect((await stageOf('p1'))['state']).to.equal('running');
  });

  const refused: readonly [string, string, object, number, string][] = [
    ['an unknown stage', '/admin/v1/pauses', { stage: 'p9', reason: 'x' }, 422, '/stage is no stage; there are p1, p2.'],
    ['an unknown type', '/admin/v1/pauses', { type: 'nothing', reason: 'x' }, 422, '/type is no job type; there are'],
    ['no reason', '/admin/v1/pauses', {}, 422, '/reason'],
    ['two ends', '/admin/v1/pauses', { reason: 'x', for_seconds: 1, until: '2099-01-01T00:00:00Z' }, 422, '/for_seconds must not be given'],
    ['an end in the past', '/admin/v1/stages/p1/pause', { reason: 'x', until: '2001-01-01T00:00:00Z' }, 422, '/until must be later than'],
    ['a time without a zone', '/admin/v1/pauses', { reason: 'x', until: '2099-01-01T00:00:00' }, 422, '/until must be an RFC 3339'],
    ['a stage that is none', '/admin/v1/stages/p9/pause', { reason: 'x' }, 404, 'There are the stages p1, p2.'],
  ];
  for (const [what, path, body, status, detail] of refused) {
    it(`a pause with ${what}: ${status} that says so`, async () => {
      const answer = await send('POST', path, body);
      expect(answer.status).to.equal(status);
      expect(answer.body['detail']).to.contain(detail);
      expect((await send('GET', '/admin/v1/pauses')).body).to.deep.equal({ pauses: [] });
    });
  }

  it('workers, are listed as they report; one is drained and resumed; silent ones show as such', async () => {
    await gateway.workers.report(WORKER);
    const { workers } = (await send('GET', '/admin/v1/workers')).body as { workers: Json[] };
    expect(workers).to.have.length(1);
    expect(workers[0]).to.deep.include({
      worker_id: WORKER.id,
      state: 'working',
      leases: 1,
      jobs: [{ job_id: '0193', type: 'report', stage: 0, attempt: 1 }],
      loop_lag_ms: { mean: 1, longest: 9 },
    });
    const path = `/admin/v1/workers/${encodeURIComponent(WORKER.id)}`;
    const drained = await send('POST', `${path}/drain`, { reason: 'new kernel' });
    expect([drained.status, drained.body['state']]).to.deep.equal([202, 'draining']);
    expect(drained.body['drain']).to.include({ by: 'operator', reason: 'new kernel' });
    await gateway.workers.report({ ...WORKER, draining: true, paused: true, leases: 0, jobs: [] });
    expect((await send('GET', path)).body['state']).to.equal('drained');
    const resumed = await send('POST', `${path}/resume`);
    expect(resumed.status).to.equal(202);
    expect(resumed.body).to.not.have.property('drain');
    expect((await gateway.controls.read()).drains).to.deep.equal([]);
  });

  it('a worker that nobody knows: 404, and nothing is set', async () => {
    for (const what of ['drain', 'resume']) {
      const answer = await send('POST', `/admin/v1/workers/nobody/${what}`, { reason: 'x' });
      expect(answer.body).to.include({ status: 404, code: 'worker_not_found' });
    }
    expect((await gateway.controls.read()).drains).to.deep.equal([]);
  });

  it('who paused what, is in the audit log', async () => {
    await send('POST', '/admin/v1/stages/p1/pause', { reason: 'x' });
    await send('POST', '/admin/v1/stages/p1/resume');
    const actions = async () =>
      ((await send('GET', '/admin/v1/audit')).body as { entries: Json[] }).entries.map(({ action, target }) => [action, target]);
    await gateway.until(async () => (await actions()).length === 2);
    expect(await actions()).to.deep.equal([
      ['stage.resume', 'stage=p1'],
      ['stage.pause', 'stage=p1'],
    ]);
  });

  it('a job that a pause holds back, is explained by it; one of another stage is not', async () => {
    const [first, second] = [await gateway.submit(), await gateway.submit()];
    await gateway.claim(second);
    await gateway.commit(second);
    await send('POST', '/admin/v1/stages/p1/pause', { reason: 'the database moves.', until: '2099-01-01T00:00:00Z' });
    const explain = async (id: string) => (await (await gateway.get(`/v1/jobs/${id}/explain`)).json()) as Json & { reasons: Json[] };
    const explained = await explain(first);
    expect(explained['summary']).to.equal('Process 1 is paused until 2099-01-01T00:00:00Z, by operator, because: the database moves.');
    expect(explained.reasons[0]).to.deep.include({ code: 'paused', until: '2099-01-01T00:00:00.000Z' });
    expect((await explain(second)).reasons[0]!['code']).to.not.equal('paused');
  });
});
