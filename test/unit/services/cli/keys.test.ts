import { expect } from 'chai';
import { parseKey } from '../../../../shared/domain/api-key.ts';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline } from './run-jobline.ts';

describe('jobline keys', () => {
  let gateway: GatewayFixture;
  let env: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture({ auth: 'keys' }).start();
    env = { JOBLINE_ADMIN_URL: gateway.adminUrl(''), JOBLINE_API_KEY: await gateway.key(['admin']) };
  });
  afterEach(() => gateway.stop());

  const run = (...args: string[]) => jobline(['keys', ...args], env);
  const status = async (key: string) => (await gateway.get('/v1/jobs', { authorization: `Bearer ${key.trim()}` })).status;

  it('create, rotate, list and revoke, are the life of a key; each secret alone is on the output', async () => {
    const created = await run('create', '--name', 'shop', '--scopes', 'read, submit', '--tenant', 'acme', '--expires-in-days', '7');
    expect([created.code, await status(created.out)]).to.deep.equal([0, 200]);
    const { id } = parseKey(created.out.trim())!;
    expect(created.err).to.equal(`Key ${id} of tenant acme (read, submit). It is not shown again.\n`);
    const rotated = await run('rotate', '--id', id, '--overlap', '60');
    expect([rotated.code, parseKey(rotated.out.trim())!.id]).to.deep.equal([0, id]);
    expect(rotated.err).to.contain('Every gateway knows it within 5 s. The old secret stays good until ');
    const { code, out } = await run('list', '--tenant', 'acme');
    expect(code).to.equal(0);
    const [head, row, ...others] = out.trimEnd().split('\n');
    expect(head).to.match(/^id +state +tenant +used +name \(scopes\)$/);
    expect(row).to.match(new RegExp(`^${id} +active +acme +(never|\\d+ s ago) +shop \\(read, submit\\)$`));
    expect(others).to.deep.equal([]);
    expect(await run('revoke', '--id', id)).to.deep.equal({ code: 0, out: `Key ${id} is revoked.\n`, err: '' });
    expect((await run('rotate', '--id', id)).err)
      .to.contain('409')
      .and.to.contain('(key_revoked)');
  });

  it('--json, is the answer of the control plane', async () => {
    const { out } = await run('create', '--name', 'x', '--scopes', 'read', '--json');
    const made = JSON.parse(out) as { key: string; key_id: string; state: string };
    expect([parseKey(made.key)!.id, made.state]).to.deep.equal([made.key_id, 'active']);
    expect((JSON.parse((await run('list', '--json')).out) as { keys: object[] }).keys).to.have.length(2);
  });

  it('generate, prints a key that a gateway takes as its first, another each time', async () => {
    const [one, other] = [await run('generate'), await run('generate')];
    expect(one.out).not.to.equal(other.out);
    expect(parseKey(one.out.trim())).not.to.equal(undefined);
    expect([one.code, one.err]).to.deep.equal([0, '']);
  });

  for (const [what, args, message] of [
    ['keys alone', [], 'jobline keys needs to be told what: create, list, rotate, revoke, generate.'],
    ['no name', ['create', '--scopes', 'read'], '--name is needed.'],
    [
      'a scope that there is not',
      ['create', '--name', 'x', '--scopes', 'read,root'],
      '--scopes has root; there are submit, read, cancel, admin.',
    ],
    [
      'days that are none',
      ['create', '--name', 'x', '--scopes', 'read', '--expires-in-days', 'ten'],
      '--expires-in-days is "ten"; it must be a whole number from 1 to 3650.',
    ],
    ['no id', ['revoke'], '--id is needed.'],
  ] as const) {
    it(`${what}, is explained and ends with 64`, async () => {
      const { code, out, err } = await run(...args);
      expect([code, out]).to.deep.equal([64, '']);
      expect(err).to.contain(message);
    });
  }

  it('no key, or one without the scope, ends with 77 and says what is needed; the key is not shown', async () => {
    expect((await jobline(['keys', 'list'], { JOBLINE_ADMIN_URL: env['JOBLINE_ADMIN_URL']! })).err)
      .to.contain('401')
      .and.to.contain('(unauthorized)');
    const reader = await gateway.key(['read']);
    const { code, err } = await jobline(['keys', 'list'], { ...env, JOBLINE_API_KEY: reader });
    expect(code).to.equal(77);
    expect(err).to.contain('This needs a key with the scope admin').and.not.to.contain(reader);
  });

  it('fsck, sends the key too', async () => {
    const { err } = await jobline(['fsck', '--timeout', '1'], env);
    expect(err).to.contain('The run has not ended in time');
  });
});
