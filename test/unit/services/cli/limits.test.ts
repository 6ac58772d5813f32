import { expect } from 'chai';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline, type Ran } from './run-jobline.ts';

const HOST = 'cut.example.com';

describe('jobline limits, breakers and retention', () => {
  let gateway: GatewayFixture;
  let env: Record<string, string>;
  before(async () => {
    gateway = await new GatewayFixture().start();
    env = gateway.adminEnv;
  });
  after(() => gateway.stop());

  const run = (...args: string[]): Promise<Ran> => jobline(args, env);
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out) as Record<string, unknown>;

  it('limits set, list, show and delete: one limit, by its id', async () => {
    expect((await run('limits', 'list')).out).to.equal('There are no limits.\n');
    await run('limits', 'set', '--tenant', 'acme', '--key', 'orders', '--concurrency', '3', '--reason', 'their database');
    await run('limits', 'set', '--stage', 'p1', '--starts-per-second', '0.5', '--reason', 'slow disk');
    const { out } = await run('limits', 'list');
    expect(out)
      .to.match(/^stage=p1 +- +0\.5 +operator {2}slow disk$/m)
      .and.to.match(/^tenant=acme,key=orders +3 +- +operator {2}their database$/m);
    expect(await json('limits', 'show', 'stage=p1')).to.include({ starts_per_second: 0.5, reason: 'slow disk' });
    expect((await run('limits', 'show', 'tenant=acme,key=orders')).out).to.match(/^at once +3$/m);
    expect((await run('limits', 'delete', 'stage=p1')).out).to.equal('stage=p1 is ended\n');
    const gone = await run('limits', 'show', 'stage=p1');
    expect([gone.code, gone.err.includes('(limit_not_found)')]).to.deep.equal([2, true]);
  });

  it('breakers list, open, show and close: a host that is asked nothing for a while', async () => {
    expect((await run('breakers', 'list')).out).to.match(new RegExp(`^${HOST.replaceAll('.', '\\.')} +closed +- +0 +-$`, 'm'));
    const opened = await json('breakers', 'open', HOST, '--reason', 'it moves', '--for', '1h');
    expect(opened).to.include({ state: 'open', by: 'operator' });
    expect(Date.parse(String(opened['until'])) - Date.now()).to.be.within(3_590_000, 3_600_000);
    expect((await run('breakers', 'show', HOST)).out)
      .to.match(/^state +open since 2\S+ \S+Z$/m)
      .and.to.match(/^needed by +http at p1$/m)
      .and.to.match(/^2\S+ \S+Z {2}open {2}operator {2}it moves$/m);
    expect((await run('breakers', 'close', HOST, '--reason', 'it is well')).out).to.match(/^state +closed since/m);
    const none = await run('breakers', 'show', 'nobody.example.com');
    expect([none.code, none.err.includes('(breaker_not_found)')]).to.deep.equal([2, true]);
  });

  it('retention set, list, show and delete: rules of the control plane beside those of the configuration', async () => {
    await run('retention', 'set', '--type', 'report', '--outcome', 'completed', '--payload-days', '0', '--outputs-days', '14');
    const { out } = await run('retention', 'list');
    expect(out)
      .to.match(/^rule +job +payload +outputs +timeline +source$/m)
      .and.to.match(/^outcome=canceled +3 +- +- +- +configuration$/m)
      .and.to.match(/^type=report,outcome=completed +- +0 +14 +- +api$/m)
      .and.to.match(/^report +30$/m);
    expect((await run('retention', 'show', 'type=report,outcome=completed')).out)
      .to.match(/^payload +not kept$/m)
      .and.to.match(/^outputs +14 days$/m);
    expect(await json('retention', 'show', 'outcome=canceled')).to.include({ job_days: 3, source: 'configuration' });
    expect((await run('retention', 'delete', 'type=report,outcome=completed')).out).to.equal('type=report,outcome=completed is removed\n');
    expect((await run('retention', 'delete', 'outcome=canceled')).err).to.contain('is one of RETENTION_RULES');
  });

  for (const [what, args, message] of [
    ['a limit of nothing', ['limits', 'set', '--concurrency', '1', '--reason', 'x'], 'limits set needs either --stage or --tenant.'],
    ['a limit of none at once', ['limits', 'set', '--tenant', 'a', '--concurrency', '0'], 'it must be a whole number from 1 to 10000.'],
    ['a limit without a reason', ['limits', 'set', '--tenant', 'a', '--concurrency', '1'], '--reason is needed.'],
    ['a breaker without a reason', ['breakers', 'open', HOST], '--reason is needed.'],
    ['a span that is none', ['breakers', 'open', HOST, '--reason', 'x', '--for', 'long'], '--for is "long"; it must be a span such as'],
    ['a rule of no days', ['retention', 'set', '--type', 'report'], 'needs at least one of --job-days, --payload-days, --outputs-days'],
    [
      'an outcome that is none',
      ['retention', 'set', '--outcome', 'queued', '--job-days', '1'],
      'it must be one of completed, failed, canceled',
    ],
    ['too many days', ['retention', 'set', '--job-days', '9999'], '--job-days is "9999"; it must be a whole number from 1 to 3650.'],
  ] as const) {
    it(`${what}: is explained and ends with 64`, async () => {
      const { code, err } = await run(...args);
      expect([code, err.includes(message)], err).to.deep.equal([64, true]);
    });
  }
});
