import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';

type Json = Record<string, unknown>;

const LIMIT = { tenant: 'acme', key: 'orders/7', concurrency: 3, reason: 'their database' };
const WEIGHTS = { express: 6, standard: 3, bulk: 5, overflow: 2 };

describe('the control plane: limits and lanes', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const send = (method: string, path: string, body?: unknown) => gateway.operator(method, path, body);

  it('a limit: is shown until it is removed; another for the same jobs takes its place', async () => {
    const set = await send('PUT', '/admin/v1/limits', LIMIT);
    expect(set.status).to.equal(200);
    expect(set.body).to.deep.include({ limit_id: 'tenant=acme,key=orders/7', ...LIMIT, by: 'operator' });
    await send('PUT', '/admin/v1/limits', { ...LIMIT, concurrency: 1 });
    await send('PUT', '/admin/v1/limits', { stage: 'p1', concurrency: 2, starts_per_second: 0.5, reason: 'slow disk' });
    const { limits } = (await send('GET', '/admin/v1/limits')).body as { limits: Json[] };
    expect(limits.map(({ limit_id, concurrency }) => [limit_id, concurrency])).to.deep.equal([
      ['stage=p1', 2],
      ['tenant=acme,key=orders/7', 1],
    ]);
    expect(limits[0]).to.include({ stage: 'p1', starts_per_second: 0.5 });
    const self = (limits[1]!['links'] as Json)['self'] as string;
    expect((await send('GET', self)).body).to.deep.equal(limits[1]);
    expect((await send('DELETE', self)).status).to.equal(204);
    for (const method of ['GET', 'DELETE'])
      expect((await send(method, self)).body, method).to.include({ status: 404, code: 'limit_not_found' });
  });

  it('a rate of a tenant that is ended: what it has made wait is owed again', async () => {
    const set = await send('PUT', '/admin/v1/limits', { tenant: 'acme', key: 'orders', starts_per_second: 5, reason: 'fair use' });
    expect([set.status, set.body['starts_per_second'], set.body['concurrency']]).to.deep.equal([200, 5, undefined]);
    const ended = async () => (await gateway.controls.read()).pauses.filter(({ endedAt }) => endedAt);
    await send('PUT', '/admin/v1/limits', { tenant: 'acme', key: 'orders', starts_per_second: 9, reason: 'fair use' });
    expect(await ended()).to.deep.equal([]);
    await send('DELETE', `/admin/v1/limits/${encodeURIComponent('tenant=acme,key=orders')}`);
    expect((await ended()).map(({ selector }) => selector)).to.deep.equal([{ tenant: 'acme' }]);
    expect((await send('GET', '/admin/v1/pauses')).body).to.deep.equal({ pauses: [] });
  });

  for (const [what, wrong, said] of [
    ['neither stage nor tenant', { concurrency: 1, reason: 'x' }, 'must name either a stage or a tenant'],
    ['both', { stage: 'p1', tenant: 'a', concurrency: 1, reason: 'x' }, 'must name either a stage or a tenant'],
    ['a key without its tenant', { stage: 'p1', key: 'k', concurrency: 1, reason: 'x' }, '/key must come with the tenant'],
    ['a stage that is none', { stage: 'p9', concurrency: 1, reason: 'x' }, '/stage is no stage; there are p1, p2'],
    ['neither number', { tenant: 'a', reason: 'x' }, '/concurrency must be given, or starts_per_second, or both'],
    ['a rate of nothing', { tenant: 'a', starts_per_second: 0, reason: 'x' }, '/starts_per_second'],
    ['none at once', { tenant: 'a', concurrency: 0, reason: 'x' }, '/concurrency'],
  ] as const)
    it(`a limit with ${what}: is refused`, async () => {
      const { status, body } = await send('PUT', '/admin/v1/limits', wrong);
      expect([status, String(body['detail'])].join(' '))
        .to.match(/^422 /)
        .and.to.include(said);
    });

  it('lanes: have their configured weights until others are set, and again once these are removed; stages show them', async () => {
    const shown = async () => ((await send('GET', '/admin/v1/lanes')).body['lanes'] as Json[]).map(({ weight }) => weight);
    expect(await shown()).to.deep.equal([6, 3, 1, 1]);
    const set = await send('PUT', '/admin/v1/lanes', { weights: WEIGHTS, reason: 'import' });
    expect(set.body).to.include({ reason: 'import', by: 'operator' });
    expect(await shown()).to.deep.equal([6, 3, 5, 2]);
    const { stages } = (await send('GET', '/admin/v1/stages')).body as { stages: { lanes: Json[] }[] };
    expect(stages[0]!.lanes.map(({ weight }) => weight)).to.deep.equal([6, 3, 5, 2]);
    expect((await send('DELETE', '/admin/v1/lanes')).status).to.equal(204);
    expect(await shown()).to.deep.equal([6, 3, 1, 1]);
  });

  it('a weight of 0, which would starve a lane: is refused', async () => {
    const { status, body } = await send('PUT', '/admin/v1/lanes', { weights: { ...WEIGHTS, bulk: 0 }, reason: 'x' });
    expect([status, String(body['detail']).includes('/weights/bulk')]).to.deep.equal([422, true]);
  });

  it('a job with a concurrency key: keeps it; keys and limits out of their range are refused', async () => {
    const id = await gateway.submit({ concurrency: { key: 'orders/7' } });
    const job = (await (await gateway.get(`/v1/jobs/${id}`)).json()) as Json;
    expect(job['concurrency']).to.deep.equal({ key: 'orders/7', limit: 1 });
    for (const concurrency of [{ key: '' }, { key: 'a b' }, { key: 'k', limit: 0 }, { key: 'k', limit: 1_001 }]) {
      const answer = await gateway.post('/generate-file', { input: { rows: [{ a: 1 }] }, concurrency });
      expect(answer.status, JSON.stringify(concurrency)).to.equal(422);
    }
  });
});
