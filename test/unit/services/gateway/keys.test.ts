import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';

type Body = Record<string, unknown>;
const body = async (answer: Response) => (await answer.json()) as Body;
const bearer = (key: unknown) => ({ authorization: `Bearer ${key}` });

describe('the control plane: keys', () => {
  let gateway: GatewayFixture;
  let admin: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture({ auth: 'keys' }).start();
    admin = bearer(await gateway.key(['admin']));
  });
  afterEach(() => gateway.stop());

  const get = async (path: string) => body(await fetch(gateway.adminUrl(path), { headers: admin }));
  const post = (path: string, request?: unknown) => gateway.post(path, request, admin);
  const reads = async (key: unknown) => (await gateway.get('/v1/jobs', bearer(key))).status;

  it('a new key, is shown once, opens what it was made for, and is stored without its secret', async () => {
    const request = { name: 'shop', tenant: 'acme', scopes: ['read', 'read', 'submit'], expires_in_days: 30 };
    const answer = await post('/admin/v1/keys', request);
    expect(answer.status).to.equal(201);
    const made = await body(answer);
    expect(made['key']).to.match(/^pk_[0-9a-z]{16}_[A-Za-z0-9_-]{43}$/);
    expect(made).to.deep.include({ name: 'shop', tenant: 'acme', scopes: ['read', 'submit'], state: 'active' });
    expect(answer.headers.get('location')).to.equal(`/admin/v1/keys/${made['key_id']}`);
    expect(await reads(made['key'])).to.equal(200);
    const secret = String(made['key']).split('_').slice(2).join('_');
    const stored = await gateway.keyRecords.read(String(made['key_id']));
    expect(JSON.stringify(stored)).not.to.contain(secret);
    for (const path of ['/admin/v1/keys', `/admin/v1/keys/${made['key_id']}`]) {
      const shown = JSON.stringify(await get(path));
      expect(shown).to.contain(String(made['key_id'])).and.not.to.contain(secret).and.not.to.contain(stored!.digest);
    }
  });

  it('rotated, both secrets open until the overlap is over; without one, the new alone', async () => {
    const first = await body(await post('/admin/v1/keys', { name: 'x', scopes: ['read'] }));
    const second = await body(await post(`/admin/v1/keys/${first['key_id']}/rotate`));
    expect(second['key_id']).to.equal(first['key_id']);
    expect(second).to.have.property('old_secret_until');
    expect([await reads(first['key']), await reads(second['key'])]).to.deep.equal([200, 200]);
    const third = await body(await post(`/admin/v1/keys/${first['key_id']}/rotate`, { overlap_seconds: 0 }));
    expect(third).not.to.have.property('old_secret_until');
    await gateway.until(async () => (await reads(second['key'])) === 401);
    expect([await reads(first['key']), await reads(third['key'])]).to.deep.equal([401, 200]);
  }).timeout(15_000);

  it('revoked, says so and cannot be rotated; one that there is not, is 404', async () => {
    const { key_id } = await body(await post('/admin/v1/keys', { name: 'x', scopes: ['read'] }));
    for (let time = 0; time < 2; time += 1)
      expect(await body(await post(`/admin/v1/keys/${key_id}/revoke`))).to.include({ state: 'revoked' });
    const refused = await post(`/admin/v1/keys/${key_id}/rotate`);
    expect([refused.status, (await body(refused))['code']]).to.deep.equal([409, 'key_revoked']);
    for (const path of ['rotate', 'revoke']) expect((await post(`/admin/v1/keys/nothing/${path}`)).status).to.equal(404);
    expect(await get('/admin/v1/keys/nothing')).to.include({ code: 'key_not_found' });
  });

  it('a list, pages through the keys of a tenant', async () => {
    for (const name of ['a', 'b', 'c']) await post('/admin/v1/keys', { name, tenant: 'acme', scopes: ['read'] });
    const first = await get('/admin/v1/keys?tenant=acme&limit=2');
    const second = await get(`/admin/v1/keys?tenant=acme&limit=2&page_token=${first['next_page_token']}`);
    const names = [first, second].flatMap((page) => (page['keys'] as Body[]).map(({ name }) => name));
    expect([names.sort(), second['next_page_token']]).to.deep.equal([['a', 'b', 'c'], undefined]);
  });

  for (const [what, request] of [
    ['no scope', { name: 'x', scopes: [] }],
    ['a scope that there is not', { name: 'x', scopes: ['root'] }],
    ['no name', { scopes: ['read'] }],
    ['a tenant of other characters', { name: 'x', scopes: ['read'], tenant: 'a/b' }],
    ['a key for its name', { name: `of pk_${'a'.repeat(16)}_${'b'.repeat(43)}`, scopes: ['read'] }],
    ['a secret of its own', { name: 'x', scopes: ['read'], key: 'mine' }],
    ['a limit of nothing', { name: 'x', scopes: ['read'], rate_limit: { requests_per_second: 0, burst: 1 } }],
  ] as const) {
    it(`${what}, is 422`, async () => expect((await post('/admin/v1/keys', request)).status).to.equal(422));
  }
});

describe('the first key', () => {
  const FIRST = `pk_${'0'.repeat(16)}_${'a'.repeat(43)}`;

  it('given by the environment, opens everything, and stays revoked once it is', async () => {
    const gateway = await new GatewayFixture({ auth: 'keys', bootstrapKey: FIRST }).start();
    expect((await gateway.get('/v1/jobs', bearer(FIRST))).status).to.equal(200);
    expect((await fetch(gateway.adminUrl('/admin/v1/keys'), { headers: bearer(FIRST) })).status).to.equal(200);
    await gateway.keys.revoke('0'.repeat(16));
    expect(await gateway.access.apiKeys.bootstrap(FIRST, { name: 'x', tenant: 'default', scopes: ['admin'] })).to.equal(false);
    expect((await gateway.keyRecords.read('0'.repeat(16)))!.revokedAt).to.be.instanceOf(Date);
    await gateway.stop();
  });
});
