import { expect } from 'chai';
import { problem as problemSchema } from '../../../../shared/schema/job-responses.ts';
import { LOST, reportWith } from '../../../support/fsck-reports.ts';
import { GatewayFixture } from './gateway-fixture.ts';

type Body = Record<string, unknown>;

describe('the control plane: fsck', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const get = async (path: string) => {
    const answer = await fetch(gateway.adminUrl(path));
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
  };
  const ask = (body?: unknown) => gateway.post('/admin/v1/fsck', body);

  it('a request, is accepted with its place, by default without repair', async () => {
    const answer = await ask();
    const run = (await answer.json()) as Body;
    expect([answer.status, answer.headers.get('location')]).to.deep.equal([202, `/admin/v1/fsck/${run['run_id']}`]);
    expect(run).to.include({ state: 'requested', requested_by: 'operator', repair: false, tries: 0 });
    expect((await get(answer.headers.get('location')!)).body).to.deep.equal(run);
  });

  it('a second one while the first is open, is a conflict that names it; when it has ended, is accepted', async () => {
    const { run_id: first } = (await (await ask({ repair: true })).json()) as Body;
    const refused = await ask();
    const problem = problemSchema.parse(await refused.json());
    expect([refused.status, problem.code, problem['run_id']]).to.deep.equal([409, 'fsck_running', first]);
    await gateway.fsckRuns.begin(String(first));
    expect((await ask()).status).to.equal(409);
    await gateway.fsckRuns.end(String(first), { report: reportWith() });
    expect((await ask()).status).to.equal(202);
  });

  it('progress and result, are shown as they come', async () => {
    const { run_id: id } = (await (await ask()).json()) as { run_id: string };
    await gateway.fsckRuns.begin(id);
    await gateway.fsckRuns.note(id, { phase: 'jobs', jobs: 500 });
    const running = await get(`/admin/v1/fsck/${id}`);
    expect(running.headers.get('retry-after')).to.equal('2');
    expect(running.body).to.deep.include({ state: 'running', progress: { phase: 'jobs', jobs: 500 } });
    await gateway.fsckRuns.end(id, { report: reportWith([LOST]) });
    const { body, headers } = await get(`/admin/v1/fsck/${id}`);
    expect(headers.get('retry-after')).to.equal(null);
    const report = body['report'] as Body;
    expect(report).to.include({ clean: false, jobs: 12_345, errors: 1, findings_cut: false });
    expect(report['summary']).to.equal('1 lost, 0 doubled (12,345 jobs, 0 zombies, 0 orphaned outputs, 0 stale dead letters)');
    expect(report['by_state']).to.deep.include({ completed: 12_345 });
    expect(report['findings']).to.deep.equal([
      { category: 'lost', rule: 'bell_lost', level: 'error', job_id: 'job-1', detail: 'its bell is gone' },
    ]);
  });

  it('the list, is newest first and without findings; a run that failed says why', async () => {
    const { run_id: first } = (await (await ask()).json()) as { run_id: string };
    await gateway.fsckRuns.end(first, { error: 'broken' });
    await new Promise((resolve) => setTimeout(resolve, 2));
    await gateway.fsckRuns.request({ id: 'nightly', by: 'schedule', repair: false });
    await gateway.fsckRuns.end('nightly', { report: reportWith([LOST]) });
    const { runs } = (await get('/admin/v1/fsck')).body as { runs: Body[] };
    expect(runs.map((run) => [run['run_id'], run['state'], run['error']])).to.deep.equal([
      ['nightly', 'done', undefined],
      [first, 'failed', 'broken'],
    ]);
    expect(runs[0]!['report']).to.not.have.property('findings');
    expect(((await get('/admin/v1/fsck?limit=1')).body as { runs: Body[] }).runs).to.have.length(1);
    expect((await get('/admin/v1/fsck?limit=0')).status).to.equal(400);
  });

  it('a run that there is not, a wrong body, and the public port, are refused', async () => {
    const missing = await get('/admin/v1/fsck/x');
    expect([missing.status, missing.body['code']]).to.deep.equal([404, 'fsck_run_not_found']);
    for (const body of [{ repair: 'yes' }, { mend: true }, []]) expect((await ask(body)).status).to.equal(422);
    expect((await gateway.get('/admin/v1/fsck')).status).to.equal(404);
  });

  it('its paths, stand in the list of paths', async () => {
    const { paths } = (await get('/')).body as { paths: string[] };
    expect(paths).to.include.members(['POST /admin/v1/fsck', 'GET /admin/v1/fsck', 'GET /admin/v1/fsck/{run_id}']);
  });
});
