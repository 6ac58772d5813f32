import { expect } from 'chai';
import { SCOPES, type Scope } from '../../../../shared/domain/access.ts';
import { GatewayFixture } from './gateway-fixture.ts';

type Served = Awaited<ReturnType<GatewayFixture['served']>>[number] & { readonly app: 'api' | 'admin' };

/** A tenant's own things, for the parameters of paths. */
interface Things {
  readonly job_id: string;
  readonly upload_id: string;
  readonly schedule_id: string;
}

const OWN = 'acme';
const FOREIGN = 'other';

describe('every route × every scope × another tenant, by what the running gateway serves', () => {
  let gateway: GatewayFixture;
  let routes: readonly Served[];
  const keys = new Map<Scope, string>();
  const things = new Map<string, Things>();

  before(async () => {
    gateway = await new GatewayFixture({ auth: 'keys', rateLimit: { perSecond: 100_000, burst: 1_000_000 } }).start();
    routes = [
      ...(await gateway.served('api')).map((route) => ({ ...route, app: 'api' as const })),
      ...(await gateway.served('admin')).map((route) => ({ ...route, app: 'admin' as const })),
    ];
    for (const scope of SCOPES) keys.set(scope, await gateway.key([scope], { tenant: OWN }));
    for (const tenant of [OWN, FOREIGN]) {
      const schedule_id = await gateway.scheduleAs(tenant);
      things.set(tenant, { job_id: await gateway.submitAs(tenant), upload_id: await gateway.uploadAs(tenant), schedule_id });
    }
  });
  after(() => gateway.stop());

  /** The path with the things of a tenant; other parameters name nothing. */
  function pathOf({ path }: Served, tenant: string): string {
    const values: Readonly<Record<string, string>> = { ...things.get(tenant)!, code: 'unauthorized', name: 'report.pdf', file: 'start.js' };
    return path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'nothing-of-that-name');
  }

  function send(route: Served, key: string | undefined, tenant = OWN, method: string = route.method): Promise<Response> {
    const path = pathOf(route, tenant);
    const url = route.app === 'api' ? gateway.url(path) : gateway.adminUrl(path);
    return fetch(url, { method, ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }) });
  }

  it('the table, has every route of both apps, and each is of one scope, by a link or public', () => {
    expect(routes.length).to.be.above(35);
    for (const { access } of routes) expect([...SCOPES, 'link', 'public']).to.include(access);
    const open = routes.filter(({ access }) => access === 'public').map(({ method, path }) => `${method} ${path}`);
    expect(new Set(open)).to.deep.equal(
      new Set([
        'GET /',
        'GET /openapi.json',
        'GET /asyncapi.json',
        'GET /docs',
        'GET /docs/{file}',
        'GET /errors/{code}',
        'GET /livez',
        'GET /readyz',
        'GET /startupz',
      ]),
    );
    expect(routes.filter(({ access }) => access === 'link').map(({ path }) => path)).to.deep.equal(['/v1/downloads/{job_id}/{name}']);
    expect(routes.filter(({ app, access }) => app === 'admin' && access !== 'public').every(({ access }) => access === 'admin')).to.equal(
      true,
    );
  });

  it('without a key, every route that is not public is 401, and one of links 403', async () => {
    for (const route of routes) {
      const { status } = await send(route, undefined);
      if (route.access === 'public') expect(status, `${route.method} ${route.path}`).to.equal(200);
      else expect(status, `${route.method} ${route.path}`).to.equal(route.access === 'link' ? 403 : 401);
      if (route.method === 'GET') expect((await send(route, undefined, OWN, 'HEAD')).status, `HEAD ${route.path}`).to.equal(status);
    }
  });

  for (const scope of SCOPES) {
    it(`with the scope ${scope}, every route of another scope is 403 that names it, every one of this scope is not`, async () => {
      for (const route of routes.filter(({ access }) => access !== 'public' && access !== 'link')) {
        const what = `${route.app} ${route.method} ${route.path}`;
        const answer = await send(route, keys.get(scope)!);
        if (route.access === scope) expect(answer.status, what).not.to.be.oneOf([401, 403, 500]);
        else {
          expect(answer.status, what).to.equal(403);
          expect(await answer.json(), what).to.include({ code: 'insufficient_scope', required_scope: route.access });
        }
      }
    });
  }

  it("another tenant's job, upload or schedule, with the right scope, is 404 on every route of the public API, and stays as it is", async () => {
    const named = routes.filter(({ app, path }) => app === 'api' && /\{(job_id|upload_id|schedule_id)\}/.test(path));
    expect(named.length).to.be.at.least(21);
    for (const route of named) {
      const answer = await send(route, keys.get(route.access as Scope)!, FOREIGN);
      expect(answer.status, `${route.method} ${route.path}`).to.equal(route.access === 'link' ? 403 : 404);
    }
    expect(await gateway.recordOf(things.get(FOREIGN)!.job_id)).to.include({ state: 'QUEUED', run: 0, tenant: FOREIGN });
    expect(await gateway.schedules.read(FOREIGN, things.get(FOREIGN)!.schedule_id)).to.include({ version: 1 });
    const { jobs } = (await (
      await send(routes.find(({ method, path }) => method === 'GET' && path === '/v1/jobs')!, keys.get('read')!)
    ).json()) as {
      jobs: [];
    };
    expect(JSON.stringify(jobs)).not.to.contain(things.get(FOREIGN)!.job_id);
  });

  it('the control plane, sees all tenants', async () => {
    const route = routes.find(({ path }) => path === '/admin/v1/jobs/{job_id}')!;
    for (const tenant of [OWN, FOREIGN]) expect((await send(route, keys.get('admin')!, tenant)).status).to.equal(200);
  });

  it('the OpenAPI document, says for each operation which scope it needs, and 401, 403 and 429 exactly where they can come', async () => {
    type Operation = { readonly security?: readonly Record<string, readonly string[]>[]; readonly responses: Record<string, unknown> };
    const document = (await (await gateway.get('/openapi.json')).json()) as {
      paths: Record<string, Record<string, Operation>>;
      components: { securitySchemes: Record<string, object> };
    };
    expect(Object.keys(document.components.securitySchemes)).to.deep.equal(['bearer', 'header']);
    for (const { method, path, access } of routes.filter(({ app }) => app === 'api')) {
      const { security, responses } = document.paths[path]![method.toLowerCase()]!;
      const needs = access === 'public' || access === 'link' ? [] : [{ bearer: [access] }, { header: [access] }];
      expect(security, `${method} ${path}`).to.deep.equal(needs);
      for (const status of ['401', '403', '429'])
        expect(status in responses, `${method} ${path} ${status}`).to.equal(access === 'link' ? status !== '401' : access !== 'public');
    }
  });
});
