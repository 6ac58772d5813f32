import { expect } from 'chai';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline, type Ran } from './run-jobline.ts';

const TIMEOUTS = ['--name', 'timeouts', '--error-class', 'timeout', '--after-minutes', '30', '--max-runs', '2'];
const NIGHTLY = ['--name', 'again', '--query', 'state:failed', '--cron', '0 3 * * *'];
const NOBODY = '0193a5e0-7c1f-7000-8000-5b3d1c9a2f44';

describe('jobline rules', () => {
  let gateway: GatewayFixture;
  let env: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
    env = gateway.adminEnv;
  });
  afterEach(() => gateway.stop());

  const rules = (...args: string[]): Promise<Ran> => jobline(['rules', ...args], env);
  const json = async (...args: string[]) => JSON.parse((await rules(...args, '--json')).out) as Record<string, unknown>;
  const idOf = async (...args: string[]) => String((await json(...args))['rule_id']);

  it('of re-runs: made, listed, shown, said anew, switched off and on without a change, removed', async () => {
    expect((await rules('list')).out).to.equal('There are no rules.\n');
    const id = await idOf('set-rerun', ...TIMEOUTS, '--type', 'report', '--budget-per-hour', '200');
    expect((await rules('list')).out).to.match(new RegExp(`^${id} {2}rerun {2}active {2}timeouts: report timeout$`, 'm'));
    expect((await rules('show', id)).out)
      .to.match(/^after +30 min$/m)
      .and.to.match(/^budget +200 an hour, 0 of them used$/m);
    const { updated_at: _, ...before } = await json('show', id);
    expect((await rules('disable', id)).out).to.match(/^state +disabled$/m);
    const { updated_at: __, ...after } = await json('enable', id);
    expect(after).to.deep.equal(before);
    expect(await json('set-rerun', id, ...TIMEOUTS, '--disabled'))
      .to.include({ rule_id: id, enabled: false })
      .and.not.to.have.property('type');
    expect((await rules('delete', id)).out).to.equal(`${id} is removed\n`);
  });

  it('of batches: made, previewed, run, switched, removed', async () => {
    const dead = await gateway.submit();
    await gateway.claim(dead);
    await gateway.die(dead, { code: 'disk_full', message: 'no room', errorClass: 'retry' });
    const id = await idOf('set-batch', ...NIGHTLY, '--zone', 'Europe/Berlin', '--rate', '7', '--from-beginning');
    expect((await rules('show', id)).out)
      .to.match(/^runs +At .*\(0 3 \* \* \*, Europe\/Berlin\)$/m)
      .and.to.match(/^each +runs again from the beginning$/m);
    expect((await rules('preview', id)).out)
      .to.match(new RegExp(`^${dead} {2}report {2}FAILED$`, 'm'))
      .and.to.match(/^next runs\n(2\S+ \S+Z\n){5}$/m);
    expect((await rules('preview', '--query', 'state:canceled', '--cron', '0 3 * * *')).out).to.contain('It would find no job now.');
    const run = (await rules('run', id)).out.trim();
    expect((await rules('runs', id)).out).to.match(new RegExp(`^${run} {2}requested {2}2`, 'm'));
    expect((await rules('disable', id)).out).to.match(/^state +disabled\n(.*\n)*next +-$/m);
    expect(await json('enable', id)).to.include({ enabled: true });
    const made = await json('set-batch', id, ...NIGHTLY, '--type', 'report', '--input', '"{{job.input}}"', '--disabled');
    expect(made).to.deep.include({
      rule_id: id,
      enabled: false,
      action: { kind: 'submit', job: { type: 'report', input: '{{job.input}}', lane: 'bulk' } },
    });
    expect((await rules('delete', id)).code).to.equal(0);
    expect((await rules('list')).out).to.equal('There are no rules.\n');
  });

  it('a rule that is none: ends with 2 and the code', async () => {
    for (const command of ['show', 'enable', 'disable', 'delete', 'run', 'preview']) {
      const { code, err } = await rules(command, NOBODY);
      expect([command, code, err.includes('(batch_rule_not_found)')], err).to.deep.equal([command, 2, true]);
    }
    expect((await rules('set-rerun', NOBODY, ...TIMEOUTS)).err).to.contain('(rerun_rule_not_found)');
  });

  for (const [what, args, message] of [
    ['no name', ['set-rerun'], '--name is needed.'],
    ['no wait', ['set-rerun', '--name', 'x'], '--after-minutes is needed: a whole number from 0 to 10080.'],
    ['a class that is none', ['set-rerun', ...TIMEOUTS, '--error-class', 'reject'], 'it must be one of retry, timeout, crash.'],
    ['a job without its input', ['set-batch', ...NIGHTLY, '--type', 'report'], '--type and --input are needed together.'],
    [
      'two actions',
      ['set-batch', ...NIGHTLY, '--type', 'x', '--input', '{}', '--from-beginning'],
      '--from-beginning is of jobs that are run again',
    ],
    ['an input that is no JSON', ['set-batch', ...NIGHTLY, '--type', 'x', '--input', '{'], '--input is not JSON'],
    ['a file beside options', ['set-batch', '--file', 'x', '--rate', '1'], '--file has the whole rule; --rate cannot stand beside it.'],
  ] as const) {
    it(`${what}: is explained and ends with 64`, async () => {
      const { code, err } = await rules(...args);
      expect([code, err.includes(message)], err).to.deep.equal([64, true]);
    });
  }

  it('a query that is none: is explained by the control plane, and ends with 2', async () => {
    const { code, err } = await rules('set-batch', '--name', 'x', '--query', 'state:nothing', '--cron', '0 3 * * *');
    expect([code, err.includes('/query')], err).to.deep.equal([2, true]);
  });
});
