import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';

interface Operation {
  readonly requestBody?: { readonly required?: boolean };
  readonly responses: Readonly<Record<string, { readonly $ref?: string }>>;
}

/** A mebibyte of nothing that a kilobyte unpacks to. */
const BOMB = gzipSync(`{"input":{"rows":[{"a":"${' '.repeat(1_048_576)}"}]}}`);

describe('every operation of the running gateway', () => {
  let gateway: GatewayFixture;
  let operations: readonly (readonly [method: string, path: string, Operation])[];
  before(async () => {
    gateway = await new GatewayFixture().start();
    const { paths } = (await (await gateway.get('/openapi.json')).json()) as { paths: Record<string, Record<string, Operation>> };
    operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => [method, path, one] as const),
    );
  });
  after(() => gateway.stop());

  it('given a body that is compressed: 415, since none is unpacked', async () => {
    const ids = { job_id: await gateway.submit(), schedule_id: await gateway.scheduleAs('default') };
    const withBody = operations.filter(([, , { requestBody }]) => requestBody);
    expect(withBody.length).to.be.above(6);
    for (const [method, path] of withBody)
      for (const encoding of ['gzip', 'br', 'deflate', 'gzip, identity']) {
        const url = gateway.url(path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name as keyof typeof ids]));
        const headers = { 'content-type': 'application/json', 'content-encoding': encoding, 'if-match': '*' };
        const answer = await fetch(url, { method: method.toUpperCase(), headers, body: BOMB });
        const { code } = (await answer.json()) as { code: string };
        expect([answer.status, code], `${method} ${path} ${encoding}`).to.deep.equal([415, 'unsupported_media_type']);
      }
  });

  it('that is not public: can answer 429, and each 503, with Retry-After', async () => {
    const routes = await gateway.served('api');
    for (const [method, path, { responses }] of operations) {
      const access = routes.find((route) => route.path === path && route.method === method.toUpperCase())!.access;
      expect(responses['503']?.$ref, `${method} ${path}`).to.equal('#/components/responses/Later');
      expect(responses['429']?.$ref, `${method} ${path}`).to.equal(access === 'public' ? undefined : '#/components/responses/Later');
    }
  });
});
