import { expect } from 'chai';
import { noteFailure } from '../../../../shared/domain/control/breaker.ts';
import { ADMIN_OPERATIONS } from '../../../../shared/schema/admin/admin-openapi.ts';
import { OpenApiAnswers, type OpenApiDocument } from '../../../support/open-api-answers.ts';
import { GatewayFixture } from './gateway-fixture.ts';

const ERROR = { code: 'stage_timeout', message: 'Process 1 timed out', errorClass: 'timeout' } as const;
const HOST = 'cut.example.com';
const NIGHT = { from: '22:00', until: '06:00', time_zone: 'Europe/Berlin', reason: 'a test' };
const RARE = { cron: '0 0 29 2 *', duration_seconds: 60, reason: 'a test' };
const WORKER = {
  ...{ id: 'w1', service: 'p1-worker', version: '0.1.0', host: 'here', pid: 1, stages: ['p1'], startedAt: new Date(), leases: 1 },
  jobs: [{ id: 'j', type: 'report', stage: 0, attempt: 1 }],
  ...{ bellsHeld: 1, slots: 2, slotsBusy: 1, loopLagMs: { mean: 0.5, longest: 20 }, memoryBytes: 1e8, draining: false, paused: false },
};

describe('the OpenAPI document of the control plane', () => {
  let gateway: GatewayFixture;
  let answers: OpenApiAnswers;
  let document: OpenApiDocument;
  before(async () => {
    gateway = await new GatewayFixture().start();
    document = (await (await fetch(gateway.adminUrl('/openapi.json'))).json()) as OpenApiDocument;
    answers = new OpenApiAnswers(document);
  });
  after(() => gateway.stop());

  async function ask<T = Record<string, string>>(method: string, path: string, body?: object): Promise<T> {
    const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return (await answers.check(method, path, await fetch(gateway.adminUrl(path), { method, ...json }))) as T;
  }

  async function deadLetter(): Promise<string> {
    const id = await gateway.submit();
    await gateway.claim(id);
    await gateway.die(id, ERROR);
    return id;
  }

  async function askControls(): Promise<void> {
    const settings = { failures: 1, windowMs: 1_000, probeMs: 60_000, probeMaxMs: 60_000 };
    const failure = { jobs: 1, successes: 0, reason: 'It answered 503.' };
    await ask('GET', '/admin/v1/breakers');
    await gateway.breakers.swap(noteFailure(undefined, HOST, failure, { settings, now: new Date() }).breaker);
    await ask('GET', '/admin/v1/breakers');
    await ask('POST', `/admin/v1/breakers/${HOST}/open`, { reason: 'a test', for_seconds: 60 });
    await ask('POST', `/admin/v1/breakers/${HOST}/close`, { reason: 'a test' });
    await ask('GET', `/admin/v1/breakers/${HOST}`);

    const { limit_id } = await ask('PUT', '/admin/v1/limits', { tenant: 'acme', key: 'orders', concurrency: 1, reason: 'a test' });
    await ask('PUT', '/admin/v1/limits', { stage: 'p1', starts_per_second: 0.5, reason: 'a test' });
    await ask('GET', '/admin/v1/limits');
    await ask('DELETE', `/admin/v1/limits/${encodeURIComponent(limit_id!)}`);
    await ask('GET', '/admin/v1/lanes');
    await ask('PUT', '/admin/v1/lanes', { weights: { express: 4, standard: 3, bulk: 2, overflow: 1 }, reason: 'a test' });
    await ask('DELETE', '/admin/v1/lanes');
  }

  async function askWindows(): Promise<void> {
    await ask('PUT', '/admin/v1/windows/slow', { effect: 'slow', stage: 'p1', per_second: 1, ...RARE });
    await ask('PUT', '/admin/v1/windows/night', { effect: 'off_peak', types: ['report'], per_second: 1, ...NIGHT });
    await ask('PUT', '/admin/v1/windows/night', { effect: 'off_peak', ...NIGHT });
    await gateway.submit({ off_peak: 'night' });
    for (const path of ['windows', 'windows/slow', 'windows/night/forecast', 'upcoming-windows?count=3'])
      await ask('GET', `/admin/v1/${path}`);
    await ask('POST', '/admin/v1/windows/night/skip');
    expect(await ask('GET', '/admin/v1/windows/night'))
      .to.have.property('skipped')
      .with.length(1);
    await ask('DELETE', '/admin/v1/windows/slow');
  }

  async function askGroups(): Promise<void> {
    const { groups } = await ask<{ groups: { group_id: string }[] }>('GET', '/admin/v1/dead-letters/groups?state=all');
    const one = `/admin/v1/dead-letters/groups/${groups[0]!.group_id}`;
    await ask('POST', `${one}/notes`, { text: 'a test' });
    await ask('POST', `${one}/resolve`);
    await ask('POST', `${one}/reopen`, { text: 'a test' });
    await ask('POST', `${one}/ignore`, { until: '2150-01-01T00:00:00Z', text: 'a test' });
    await ask('GET', '/admin/v1/dead-letters/groups?state=ignored');
    await ask('GET', one);
    await ask('POST', `${one}/reopen`);
  }

  async function askRemovals(): Promise<void> {
    const { removal_id, digest } = await ask('POST', '/admin/v1/removals', { filter: { tenant: 'nobody' }, note: 'a test' });
    const one = `/admin/v1/removals/${removal_id}`;
    await ask('POST', `${one}/apply`, { digest });
    for (const path of ['/admin/v1/removals', one, `${one}/items?outcome=deleted`]) await ask('GET', path);
    await ask('POST', `${one}/abort`);
  }

  async function askEdits(id: string): Promise<void> {
    const { gen } = await gateway.recordOf(id);
    const patch = [{ op: 'replace', path: '/input/rows/0/price', value: 11 }];
    await ask('POST', `/admin/v1/jobs/${id}/edit-and-replay`, { gen, patch, note: 'a test' });
    await ask('GET', `/admin/v1/jobs/${id}/edits`);
  }

  async function askRules(): Promise<void> {
    const { rule_id } = await ask('POST', '/admin/v1/retention/rules', { type: 'report', outcome: 'failed', job_days: 9, outputs_days: 0 });
    await ask('GET', '/admin/v1/retention');
    await ask('DELETE', `/admin/v1/retention/rules/${encodeURIComponent(rule_id!)}`);

    const rule = { name: 'a test', after_minutes: 1, max_runs: 1 };
    const made = await ask('POST', '/admin/v1/rerun-rules', rule);
    const one = `/admin/v1/rerun-rules/${made['rule_id']}`;
    await ask('PUT', one, { ...rule, type: 'report', error_class: 'timeout', budget_per_hour: 1 });
    for (const path of ['/admin/v1/rerun-rules', one]) await ask('GET', path);
    await ask('DELETE', one);
  }

  async function askBatches(): Promise<void> {
    const replay = { name: 'a test', query: 'state:failed', action: { kind: 'replay' }, cron: '0 3 * * *' };
    const job = { type: 'report', input: '{{job.input}}', tags: ['x'], deadline_after_seconds: 60, max_attempts: 1 };
    await ask('POST', '/admin/v1/batch-rules:preview', replay);
    const { rule_id } = await ask('POST', '/admin/v1/batch-rules', replay);
    const one = `/admin/v1/batch-rules/${rule_id}`;
    await ask('PUT', one, { ...replay, query: 'state:completed', action: { kind: 'submit', job } });
    await ask('POST', `${one}/disable`);
    await ask('POST', `${one}/enable`);
    for (const path of ['/admin/v1/batch-rules', one, `${one}/preview`]) await ask('GET', path);
    const { run_id } = await ask('POST', `${one}/run`);
    for (const path of ['', `/${run_id}`, `/${run_id}/items?outcome=done`]) await ask('GET', `/admin/v1/batch-runs${path}`);
    await ask('POST', `/admin/v1/batch-runs/${run_id}/abort`);
    await ask('DELETE', one);
  }

  it('its operations: exactly the routes that there are', async () => {
    const served = (await gateway.served('admin')).map(({ method, path }) => `${method} ${path}`);
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described).to.have.members(served);
  });

  it('its references: all lead to a component; its operation ids: each once', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).to.be.above(20);
    const components = document.components as unknown as Record<string, Record<string, object>>;
    for (const [, kind, name] of references) expect(components[kind!], name).to.have.property(name!);
    expect(new Set(JSON.stringify(document).match(/"operationId":"\w+"/g)).size).to.equal(ADMIN_OPERATIONS.length);
  });

  it('every operation, asked: answers what it says', async () => {
    const [id, other] = [await deadLetter(), await deadLetter()];
    await ask('GET', '/admin/v1/stages');
    await ask('GET', `/admin/v1/jobs/${id}`);
    await ask('GET', '/admin/v1/eta');

    await ask('POST', '/admin/v1/stages/p1/pause', { reason: 'a test', for_seconds: 60 });
    const { pause_id } = await ask('POST', '/admin/v1/pauses', { type: 'report', reason: 'a test', until: '2150-01-01T00:00:00Z' });
    await ask('GET', '/admin/v1/pauses');
    await ask('GET', '/admin/v1/stages');
    await ask('POST', '/admin/v1/stages/p1/resume');
    await ask('DELETE', `/admin/v1/pauses/${encodeURIComponent(pause_id!)}`);

    await gateway.workers.report(WORKER);
    await ask('POST', '/admin/v1/workers/w1/drain', { reason: 'a test' });
    await ask('GET', '/admin/v1/workers');
    await ask('GET', '/admin/v1/workers/w1');
    await ask('POST', '/admin/v1/workers/w1/resume');

    await askControls();
    await askWindows();
    await ask('GET', '/admin/v1/versions');

    await ask('GET', '/admin/v1/dead-letters?stage=p1&limit=1&ignored=include');
    await askGroups();
    await ask('GET', `/admin/v1/dead-letters/${id}`);
    await ask('POST', '/admin/v1/dead-letters/replay', { stage: 'p1', job_ids: [id, 'nothing'] });
    const { replay_id, digest } = await ask('POST', '/admin/v1/replays', { filter: { stage: 'p1' } });
    await ask('GET', '/admin/v1/replays');
    await ask('POST', `/admin/v1/replays/${replay_id}/apply`, { digest });
    await ask('GET', `/admin/v1/replays/${replay_id}/items`);
    await ask('POST', `/admin/v1/replays/${replay_id}/abort`);
    await ask('POST', `/admin/v1/replays/${replay_id}/undo`);
    expect(await ask('GET', `/admin/v1/replays/${replay_id}`)).to.include({ abort_requested: true });
    expect(await gateway.recordOf(other)).to.include({ state: 'FAILED' });

    await askRemovals();
    await askEdits(other);
    await askRules();
    await askBatches();

    const { run_id } = await ask('POST', '/admin/v1/fsck', { repair: false });
    await ask('GET', '/admin/v1/fsck');
    await ask('GET', `/admin/v1/fsck/${run_id}`);

    const key = await ask('POST', '/admin/v1/keys', {
      ...{ name: 'a test', scopes: ['read'], expires_in_days: 1 },
      rate_limit: { requests_per_second: 1, burst: 1 },
    });
    await ask('GET', '/admin/v1/keys');
    await ask('POST', `/admin/v1/keys/${key['key_id']}/rotate`);
    await ask('GET', `/admin/v1/keys/${key['key_id']}`);
    await ask('POST', `/admin/v1/keys/${key['key_id']}/revoke`);
    await ask('GET', '/admin/v1/audit');

    for (const path of ['/', '/openapi.json', '/metrics', '/errors/not_found', '/livez', '/readyz', '/startupz']) await ask('GET', path);
    const asked = ADMIN_OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect([...answers.seen]).to.have.members(asked);
  });

  it('what is wrong: a problem, with a status that stands there', async () => {
    for (const [method, path, body] of [
      ['POST', '/admin/v1/pauses', { reason: 'x', until: '2150-01-01T00:00:00Z', for_seconds: 1 }],
      ['POST', '/admin/v1/replays/nothing/apply', { digest: 'x' }],
      ['GET', '/admin/v1/keys?limit=0'],
      ['GET', '/admin/v1/workers/nobody'],
    ] as const) {
      expect(await ask(method, path, body)).to.have.property('code');
    }
  });
});
