import { expect } from 'chai';
import { errorFingerprint } from '../../../../shared/domain/dead-letters/fingerprint.ts';
import { problem as problemSchema } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture } from './gateway-fixture.ts';

type Body = Record<string, unknown>;
const body = async (answer: Response) => (await answer.json()) as Body;
const ERROR = { code: 'stage_timeout', message: 'Process 1 timed out', errorClass: 'timeout' } as const;

describe('the control plane', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const get = (path: string) => fetch(gateway.adminUrl(path));
  async function failedAt(stage: 'p1' | 'p2'): Promise<string> {
    const id = await gateway.submit();
    await gateway.claim(id);
    if (stage === 'p2') {
      await gateway.commit(id);
      await gateway.claim(id);
    }
    await gateway.die(id, ERROR);
    return id;
  }

  it('its paths: not on the public port', async () => {
    for (const path of ['/admin/v1/stages', '/admin/v1/dead-letters?stage=p1']) expect((await gateway.get(path)).status).to.equal(404);
  });

  it('a word that names a route, is no id of another: 405 with the methods that it has', async () => {
    const refused = await get('/admin/v1/dead-letters/replay');
    expect([refused.status, refused.headers.get('allow')]).to.deep.equal([405, 'POST, OPTIONS']);
    const options = await fetch(gateway.adminUrl('/admin/v1/dead-letters/replay'), { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).to.deep.equal([204, 'POST, OPTIONS']);
    expect((await fetch(gateway.adminUrl('/admin/v1/dead-letters/replay'), { method: 'HEAD' })).status).to.equal(405);
    expect((await get('/admin/v1/dead-letters/groups')).status).to.equal(200);
  });

  it('stages: what the store counts beside what the queues hold', async () => {
    await gateway.submit();
    await gateway.submit({ lane: 'bulk' });
    const { stages, broker } = (await body(await get('/admin/v1/stages'))) as { stages: Body[]; broker: string };
    expect(broker).to.equal('ok');
    expect(stages.map((stage) => stage['stage'])).to.deep.equal(['p1', 'p2']);
    expect(stages[0]!['jobs']).to.deep.equal({ queued: 2 });
    const lanes = stages[0]!['lanes'] as Body[];
    expect(lanes.map((lane) => [lane['lane'], lane['jobs']])).to.deep.equal([
      ['express', {}],
      ['standard', { queued: 1 }],
      ['bulk', { queued: 1 }],
      ['overflow', {}],
    ]);
    expect((lanes[1]!['queues'] as Body[])[0]).to.deep.equal({
      queue: 'jobline.p1.standard',
      ...{ ready: 1, unacked: 0, in_per_second: null, out_per_second: null },
    });
    expect(stages[0]!['dead_letter_queues']).to.deep.equal([{ stage: 'p1', messages: 0 }]);
  });

  it('stages while the management API is away: the store alone', async () => {
    gateway.bus.queueDepths = () => Promise.reject(new Error('away'));
    gateway.bus.deadLetterDepth = () => new Promise(() => {});
    const { stages, broker } = (await body(await get('/admin/v1/stages'))) as { stages: Body[]; broker: string };
    expect(broker).to.equal('unknown');
    expect(stages).to.have.length(2);
  });

  it('dead letters: those of that stage, with error, attempts and log; paged', async () => {
    const inP1 = [await failedAt('p1'), await failedAt('p1')];
    const inP2 = await failedAt('p2');
    const page = (await body(await get('/admin/v1/dead-letters?stage=p1&limit=1'))) as { dead_letters: Body[]; next_page_token: string };
    expect(page.dead_letters[0]).to.deep.include({
      job_id: inP1[1],
      stage: 'p1',
      attempts: 1,
      error: { ...ERROR, fingerprint: errorFingerprint(ERROR) },
    });
    expect((page.dead_letters[0]!['log'] as Body[])[0]).to.include({ event: 'dead', code: 'stage_timeout' });
    const next = (await body(await get(`/admin/v1/dead-letters?stage=p1&limit=1&page_token=${page.next_page_token}`))) as {
      dead_letters: Body[];
    };
    expect(next.dead_letters.map((letter) => letter['job_id'])).to.deep.equal([inP1[0]]);
    const p2 = (await body(await get('/admin/v1/dead-letters?stage=p2'))) as { dead_letters: Body[] };
    expect(p2.dead_letters.map((letter) => letter['job_id'])).to.deep.equal([inP2]);
  });

  it('dead letters of an unknown stage: refused, naming those that there are', async () => {
    const answer = await get('/admin/v1/dead-letters?stage=p9');
    expect(answer.status).to.equal(422);
    expect(problemSchema.parse(await answer.json()).detail).to.contain('p1, p2');
  });

  it('replaying some: each has its own result, and only what failed at that stage runs again', async () => {
    const [failed, elsewhere, active] = [await failedAt('p1'), await failedAt('p2'), await gateway.submit()];
    gateway.bus.published.length = 0;
    const unknown = '0198c2a0-0000-7000-8000-000000000000';
    const answer = await gateway.post('/admin/v1/dead-letters/replay', {
      stage: 'p1',
      job_ids: [failed, elsewhere, active, unknown, failed],
    });
    expect(answer.status).to.equal(202);
    const { results } = (await body(answer)) as { results: Body[] };
    expect(results.map((result) => [result['job_id'], result['outcome']])).to.deep.equal([
      [failed, 'replayed'],
      [elsewhere, 'conflict'],
      [active, 'conflict'],
      [unknown, 'not_found'],
    ]);
    expect(gateway.bells().map((bell) => bell.id)).to.deep.equal([failed]);
    expect((await gateway.recordOf(failed)).state).to.equal('QUEUED');
    expect((await gateway.recordOf(elsewhere)).state).to.equal('FAILED');
  });

  it('replaying all: at most the limit, newest first', async () => {
    const ids = [await failedAt('p1'), await failedAt('p1'), await failedAt('p1')];
    const { results } = (await body(await gateway.post('/admin/v1/dead-letters/replay', { stage: 'p1', all: true, limit: 2 }))) as {
      results: Body[];
    };
    expect(results.map((result) => result['job_id'])).to.have.members([ids[2], ids[1]]);
    expect((await gateway.recordOf(ids[0]!)).state).to.equal('FAILED');
  });

  it('replaying from the beginning: queued at the first stage', async () => {
    const id = await failedAt('p2');
    await gateway.post('/admin/v1/dead-letters/replay', { stage: 'p2', job_ids: [id], from: 'beginning' });
    expect(await gateway.recordOf(id)).to.include({ state: 'QUEUED', stage: 0 });
  });

  for (const request of [
    {},
    { stage: 'p1' },
    { stage: 'p1', all: true, job_ids: ['x'] },
    { stage: 'p1', all: false },
    { stage: 'p1', all: true, limit: 1_001 },
    { stage: 'p9', all: true },
  ]) {
    it(`replaying ${JSON.stringify(request)}: 422`, async () =>
      expect((await gateway.post('/admin/v1/dead-letters/replay', request)).status).to.equal(422));
  }

  it('a record: as it is stored, of any tenant; 404 for none', async () => {
    const id = await gateway.submitAs('someone-else');
    expect(await body(await get(`/admin/v1/jobs/${id}`))).to.include({ id, tenant: 'someone-else', state: 'QUEUED', gen: 1 });
    expect((await get('/admin/v1/jobs/0198c2a0-0000-7000-8000-000000000000')).status).to.equal(404);
  });

  it('an unknown path and the database away: problems here too', async () => {
    expect(problemSchema.parse(await (await get('/admin/v1/nothing')).json()).status).to.equal(404);
    gateway.mishaps.isAway = true;
    for (const path of ['/admin/v1/stages', '/admin/v1/dead-letters?stage=p1']) expect((await get(path)).status).to.equal(503);
  });
});

describe('the health paths of the gateway', () => {
  it('starting, up, stopping: readiness follows, and says so as a problem', async () => {
    const gateway = new GatewayFixture();
    await gateway.api.start();
    try {
      const readyz = async () => {
        const answer = await gateway.get('/readyz');
        return { status: answer.status, body: await body(answer) };
      };
      expect(await readyz()).to.have.property('status', 503);
      gateway.health.markStarted();
      expect((await readyz()).body).to.include({ ok: true, status: 'ok' });
      gateway.health.markStopping();
      const stopping = await readyz();
      expect(stopping.status).to.equal(503);
      expect(problemSchema.parse(stopping.body)).to.deep.include({ code: 'not_ready', health: { ok: false, status: 'stopping' } });
      expect((await gateway.get('/livez')).status).to.equal(200);
    } finally {
      await gateway.stop();
    }
  });
});
