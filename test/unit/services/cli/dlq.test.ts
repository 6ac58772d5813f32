import { expect } from 'chai';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline, type Ran } from './run-jobline.ts';

describe('jobline dlq', () => {
  let gateway: GatewayFixture;
  let env: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
    env = gateway.adminEnv;
  });
  afterEach(() => gateway.stop());

  const dlq = (...args: string[]): Promise<Ran> => jobline(['dlq', ...args], env);
  async function deadJob(message: string): Promise<string> {
    const id = await gateway.submit();
    await gateway.claim(id);
    await gateway.die(id, { code: 'disk_full', message, errorClass: 'retry' });
    return id;
  }

  it('list, groups and show: what failed, by job and by cause', async () => {
    expect((await dlq('list')).out).to.equal('There are no such dead letters.\n');
    const ids = [await deadJob('no room for 12 bytes'), await deadJob('no room for 99 bytes')];
    const { code, out } = await dlq('list', '--stage', 'p1');
    expect([code, out.split('\n')[0]]).to.deep.equal([0, `${'job'.padEnd(36)}  type    stage  age  error`]);
    for (const id of ids) expect(out).to.match(new RegExp(`^${id}  report  p1     \\d s  disk_full: no room for \\d\\d bytes$`, 'm'));
    expect((await dlq('groups')).out.split('\n')[1]).to.match(/^2 +report +p1 +[0-9a-f-]+ +\d s +disk_full: no room for \d\d bytes$/);
    const shown = await dlq('show', ids[0]!);
    expect(shown.out)
      .to.match(/^error +disk_full: no room for 12 bytes$/m)
      .and.to.match(/^input +\{"rows":\[/m);
    const { input } = JSON.parse((await dlq('show', ids[0]!, '--json')).out) as { input: { rows: object[] } };
    expect(input.rows).to.have.length(2);
  });

  it('show of a job that is no dead letter: ends with 2 and the code', async () => {
    const { code, err } = await dlq('show', await gateway.submit());
    expect([code, err.includes('(dead_letter_not_found)')]).to.deep.equal([2, true]);
  });

  it('plan, apply, replays, items and abort: what it prints leads from one to the next', async () => {
    await deadJob('no room');
    const planned = await dlq('plan', '--type', 'report', '--ramp', '50,100', '--rate', '10', '--note', 'x');
    expect(planned.out)
      .to.match(/^jobs +1$/m)
      .and.to.match(/^of +type report$/m);
    const command = /^ {2}jobline dlq (apply \S+ [0-9a-f]{64})$/m.exec(planned.out)![1]!.split(' ');
    const applied = await dlq(...command, '--no-wait');
    expect([applied.code, applied.out])
      .to.deep.include(0)
      .and.to.have.nested.property('1')
      .that.matches(/^state +collecting$/m);
    const id = command[1]!;
    expect((await dlq('replays')).out).to.match(new RegExp(`^${id}  collecting  1 `, 'm'));
    expect((await dlq('items', id, '--outcome', 'failed')).out).to.equal('There are no such jobs.\n');
    expect((await dlq('abort', id, '--json')).code).to.equal(0);
    expect((await dlq(...command)).err).to.contain('(replay_conflict)');
  });

  it('replay that stops: is followed to its end, which is told; ends with 1', async () => {
    await deadJob('no room');
    const running = dlq('replay', '--stage', 'p1');
    await gateway.until(async () => (await gateway.replays.list(1, 'replay'))[0]?.state === 'collecting');
    const { id } = (await gateway.replays.list(1, 'replay'))[0]!;
    await gateway.replays.abort(id);
    await gateway.replays.end(id, 'aborted');
    const { code, out, err } = await running;
    expect([code, err.split('\n').at(-2)]).to.deep.equal([1, 'aborted: nothing replayed yet']);
    expect(out).to.match(/^state +aborted/m);
  });

  for (const [what, args, message] of [
    ['a rate out of range', ['plan', '--rate', '0'], '--rate is "0"; it must be a whole number from 1 to 5000.'],
    ['a ramp that is none', ['plan', '--ramp', 'slow'], '--ramp is "slow"; it must be made of numbers.'],
    ['an outcome that there is not', ['items', 'x', '--outcome', 'lost'], '--outcome is "lost"; it must be one of pending, '],
    ['no digest', ['apply', 'x'], 'dlq apply needs DIGEST.'],
  ] as const) {
    it(`${what}: is explained and ends with 64`, async () => {
      const { code, err } = await dlq(...args);
      expect([code, err.includes(message)]).to.deep.equal([64, true]);
    });
  }

  it('a stage that there is not: ends with 2 and says which there are', async () => {
    const { code, err } = await dlq('list', '--stage', 'p9');
    expect(code).to.equal(2);
    expect(err).to.contain('p9').and.to.contain('p1, p2');
  });
});
