import { expect } from 'chai';
import { removePart } from '../../../../shared/domain/transitions.ts';
import { GatewayFixture } from './gateway-fixture.ts';

type Body = Record<string, unknown>;
const BROKEN = { code: 'handler_error', message: 'It broke.', errorClass: 'retry' } as const;
const REPLAY = { name: 'again', query: 'state:failed age:<2d', action: { kind: 'replay' }, cron: '0 3 * * *', time_zone: 'Europe/Berlin' };
const ROWS = { rows: [{ city: '{{job.id}}' }] };

describe('the control plane: batch rules and retention', () => {
  let gateway: GatewayFixture;
  let failed: string;
  before(async () => {
    gateway = await new GatewayFixture().start();
    failed = await gateway.submit();
    await gateway.claim(failed);
    await gateway.die(failed, BROKEN);
    await gateway.submit();
  });
  after(() => gateway.stop());

  const call = (method: string, path: string, body?: unknown) => gateway.operator(method, `/admin/v1${path}`, body);

  it('a rule: is made, shown, said anew, switched and removed', async () => {
    const made = await call('POST', '/batch-rules', REPLAY);
    expect(made.status).to.equal(201);
    expect(made.body).to.deep.include({ tenant: 'default', enabled: true, max_jobs: 10_000, rate_per_second: 50, set_by: 'operator' });
    expect(made.body['words']).to.equal('At 03:00, in Europe/Berlin');
    const path = `/batch-rules/${String(made.body['rule_id'])}`;
    expect(made.headers.get('location')).to.equal(`/admin/v1${path}`);
    const off = await call('POST', `${path}/disable`);
    expect([off.body['enabled'], off.body['next_run_at']]).to.deep.equal([false, undefined]);
    expect((await call('POST', `${path}/enable`)).body['next_run_at']).to.equal(made.body['next_run_at']);
    expect((await call('PUT', path, { ...REPLAY, max_jobs: 5 })).body).to.include({ max_jobs: 5 });
    expect((await call('GET', '/batch-rules')).body['rules']).to.have.length(1);
    expect([(await call('DELETE', path)).status, (await call('GET', path)).status]).to.deep.equal([204, 404]);
  });

  it('a preview: says when it runs and what it would find, and does nothing', async () => {
    const { body } = await call('POST', '/batch-rules:preview', REPLAY);
    expect([body['next_runs'], body['jobs'], body['is_more']]).to.satisfy(
      ([runs, jobs, more]: [string[], Body[], boolean]) => runs.length === 5 && jobs.length === 1 && jobs[0]!['job_id'] === failed && !more,
    );
    expect((await call('GET', '/batch-runs')).body['runs']).to.deep.equal([]);
    expect((await gateway.recordOf(failed)).state).to.equal('FAILED');
  });

  it('a run by hand: is there to be followed, and can be aborted once', async () => {
    const rule = (await call('POST', '/batch-rules', REPLAY)).body;
    const asked = await call('POST', `/batch-rules/${String(rule['rule_id'])}/run`);
    expect([asked.status, asked.body['state']]).to.deep.equal([202, 'requested']);
    const path = `/batch-runs/${String(asked.body['run_id'])}`;
    expect((await call('GET', path)).body).to.include({ of: rule['rule_id'], requested_by: 'operator' });
    expect((await call('GET', `${path}/items`)).body['items']).to.deep.equal([]);
    expect((await call('POST', `${path}/abort`)).body['abort_requested']).to.equal(true);
    await gateway.batches.runs.end(String(asked.body['run_id']), 'aborted');
    expect((await call('POST', `${path}/abort`)).body['code']).to.equal('batch_run_ended');
  });

  for (const [what, change, pointer, words] of [
    ['a query that is none', { query: 'state=failed' }, '/query', 'has no colon'],
    ['a replay of jobs that cannot be replayed', { query: 'state:completed' }, '/query', 'state:failed'],
    ['a cron expression that is none', { cron: '0 3 * *' }, '/cron', '4 fields'],
    ['a time zone that is none', { time_zone: 'Europe/Nowhere' }, '/time_zone', 'IANA'],
    [
      'a placeholder that is none',
      { action: { kind: 'submit', job: { type: 'report', input: { rows: ['{{x}}'] } } } },
      '/action/job',
      '{{x}}',
    ],
    ['a type that is none', { action: { kind: 'submit', job: { type: 'x', input: 1 } } }, '/action/job', 'there are report'],
    [
      'a payload that its type refuses',
      { action: { kind: 'submit', job: { type: 'report', input: { rows: 1 } } } },
      '/action/job',
      '/input/rows',
    ],
    ['more jobs than are allowed', { max_jobs: 1_000_000 }, '/max_jobs', '100000'],
  ] as const)
    it(`${what}: is refused, with the place and what is allowed`, async () => {
      const { status, body } = await call('POST', '/batch-rules', { ...REPLAY, ...change });
      const [error] = body['errors'] as { pointer: string; detail: string }[];
      expect([status, error!.pointer]).to.deep.equal([422, pointer]);
      expect(error!.detail).to.include(words);
    });

  it('a template that takes over what a job was given: is accepted', async () => {
    const action = { kind: 'submit', job: { type: 'report', input: '{{job.input}}', options: { title: 'of {{job.id}}' } } };
    expect((await call('POST', '/batch-rules', { ...REPLAY, query: 'type:report', action })).status).to.equal(201);
    const rows = { kind: 'submit', job: { type: 'report', input: ROWS } };
    expect((await call('POST', '/batch-rules', { ...REPLAY, query: 'type:report', action: rows })).status).to.equal(201);
  });

  it('rules of re-runs: are made, said anew, listed in the order in which they are asked, and removed', async () => {
    const made = await call('POST', '/rerun-rules', {
      name: 'timeouts',
      error_class: 'timeout',
      after_minutes: 5,
      max_runs: 3,
      budget_per_hour: 100,
    });
    expect([made.status, made.body['priority'], made.body['spent_this_hour'], made.body['enabled']]).to.deep.equal([201, 100, 0, true]);
    const path = `/rerun-rules/${String(made.body['rule_id'])}`;
    await call('POST', '/rerun-rules', { name: 'first', priority: 1, type: 'report', after_minutes: 0, max_runs: 0 });
    expect(((await call('GET', '/rerun-rules')).body['rules'] as Body[]).map(({ name }) => name)).to.deep.equal(['first', 'timeouts']);
    const again = await call('PUT', path, { name: 'timeouts', after_minutes: 9, max_runs: 1, enabled: false });
    expect([again.status, again.body['after_minutes'], again.body['error_class']]).to.deep.equal([200, 9, undefined]);
    for (const wrong of [{ error_class: 'reject' }, { type: 'x' }, { after_minutes: -1 }, { fingerprint: 'x' }, { max_runs: 99 }])
      expect((await call('POST', '/rerun-rules', { name: 'n', after_minutes: 1, max_runs: 1, ...wrong })).status).to.equal(422);
    expect([(await call('DELETE', path)).status, (await call('GET', path)).body['code']]).to.deep.equal([204, 'rerun_rule_not_found']);
  });

  it('rules of retention: are set one for each kind of jobs, beside those of the configuration, and removed', async () => {
    const rule = { type: 'report', outcome: 'failed', job_days: 90, payload_days: 7 };
    const made = await call('POST', '/retention/rules', rule);
    expect([made.status, made.body['rule_id']]).to.deep.equal([201, 'type=report,outcome=failed']);
    const { rules, defaults } = (await call('GET', '/retention')).body as { rules: Body[]; defaults: Body[] };
    expect(rules.map(({ rule_id, source, job_days }) => [rule_id, source, job_days])).to.deep.equal([
      ['outcome=canceled', 'configuration', 3],
      ['type=report,outcome=failed', 'api', 90],
    ]);
    expect(defaults).to.deep.equal(['report', 'http', 'summarize'].map((type) => ({ type, job_days: 30 })));
    for (const { rule_id } of rules) {
      const one = await call('GET', `/retention/rules/${encodeURIComponent(String(rule_id))}`);
      expect(one.body).to.deep.equal(rules.find((rule) => rule['rule_id'] === rule_id));
    }
    expect((await call('GET', '/retention/rules/type%3Dreport')).body).to.include({ status: 404, code: 'retention_rule_not_found' });
    const gone = await call('DELETE', '/retention/rules/outcome%3Dcanceled');
    expect([gone.status, String(gone.body['detail']).includes('RETENTION_RULES')]).to.deep.equal([404, true]);
    expect((await call('DELETE', `/retention/rules/${encodeURIComponent('type=report,outcome=failed')}`)).status).to.equal(204);
    for (const wrong of [{ type: 'report' }, { job_days: 0 }, { type: 'x', job_days: 1 }, { outcome: 'queued', job_days: 1 }])
      expect((await call('POST', '/retention/rules', wrong)).status, JSON.stringify(wrong)).to.equal(422);
  });

  it('a job whose parts have had their time: says so, cannot be retried, and its files are gone', async () => {
    const { gen } = await gateway.recordOf(failed);
    for (const part of ['payload', 'outputs'] as const) await gateway.store.apply([failed], removePart(gen, part));
    const job = (await (await fetch(gateway.url(`/v1/jobs/${failed}`))).json()) as Body;
    expect(job).to.deep.include({ retry_available: false });
    expect(Object.keys(job['removed'] as Body)).to.have.members(['payload', 'outputs']);
    const retried = await fetch(gateway.url(`/v1/jobs/${failed}/retry`), { method: 'POST' });
    expect([retried.status, ((await retried.json()) as Body)['code']]).to.deep.equal([409, 'retry_not_available']);
    const file = await fetch(gateway.url(`/v1/jobs/${failed}/outputs/report.pdf`));
    expect([file.status, ((await file.json()) as Body)['code']]).to.deep.equal([410, 'file_gone']);
  });
});
