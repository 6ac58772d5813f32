import { expect } from 'chai';
import { ADMIN_OPERATIONS } from '../../../../shared/schema/admin/admin-openapi.ts';
import { OpenApiAnswers, type OpenApiDocument } from '../../../support/open-api-answers.ts';
import { askBatches, askControls, askEdits, askGroups, askRemovals, askRules, askWindows } from './admin-asks.ts';
import { GatewayFixture } from './gateway-fixture.ts';

const ERROR = { code: 'stage_timeout', message: 'Process 1 timed out', errorClass: 'timeout' } as const;
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

  it('its requests: each has an example, and its own schema takes it', () => {
    for (const { path, body } of ADMIN_OPERATIONS) {
      const examples = (body?.schema.meta()?.['examples'] ?? []) as readonly unknown[];
      if (body) expect(examples, path).not.to.have.length(0);
      for (const example of examples) expect(body!.schema.safeParse(example).success, `${path} ${JSON.stringify(example)}`).to.equal(true);
    }
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
    for (const method of ['GET', 'DELETE']) await ask(method, `/admin/v1/pauses/${encodeURIComponent(pause_id!)}`);

    await gateway.workers.report(WORKER);
    await ask('POST', '/admin/v1/workers/w1/drain', { reason: 'a test' });
    await ask('GET', '/admin/v1/workers');
    await ask('GET', '/admin/v1/workers/w1');
    await ask('POST', '/admin/v1/workers/w1/resume');

    await askControls(ask, gateway);
    await askWindows(ask, gateway);
    await ask('GET', '/admin/v1/versions');

    await ask('GET', '/admin/v1/dead-letters?stage=p1&limit=1&ignored=include');
    await askGroups(ask);
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

    await askRemovals(ask);
    await askEdits(ask, gateway, other);
    await askRules(ask);
    await askBatches(ask);

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
