import { expect } from 'chai';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline, type Ran } from './run-jobline.ts';

const NIGHT = [
  'set',
  'night',
  '--effect',
  'off_peak',
  '--from',
  '22:00',
  '--until',
  '06:00',
  '--zone',
  'Europe/Berlin',
  '--reason',
  'power',
];

describe('jobline windows', () => {
  let gateway: GatewayFixture;
  let env: Record<string, string>;
  before(async () => {
    gateway = await new GatewayFixture().start();
    env = gateway.adminEnv;
  });
  after(() => gateway.stop());

  const windows = (...args: string[]): Promise<Ran> => jobline(['windows', ...args], env);
  const json = async (...args: string[]) => JSON.parse((await windows(...args, '--json')).out) as Record<string, unknown>;

  it('set, show, list and upcoming: a window as it is stored, and when it comes', async () => {
    expect((await windows('list')).out).to.equal('There are no windows.\n');
    const set = await windows(...NIGHT, '--types', 'report,http', '--per-second', '0.5', '--batch', '7');
    expect([set.code, set.out])
      .to.deep.include(0)
      .and.to.have.nested.property('1')
      .that.matches(/^when +22:00 to 06:00, Europe\/Berlin$/m)
      .and.matches(/^types +report, http$/m)
      .and.matches(/^a second +0.5$/m)
      .and.matches(/\n\nfrom +until\n2\S+ \S+Z {2}2\S+ \S+Z\n/);
    expect(await json('show', 'night')).to.deep.include({ effect: 'off_peak', types: ['report', 'http'], per_second: 0.5, batch: 7 });
    await windows('set', 'move', '--effect', 'stop', '--type', 'report', '--cron', '0 3 * * *', '--duration', '30m', '--reason', 'disk');
    await windows(...NIGHT, '--weekdays', 'sat,sun');
    expect((await windows('list')).out)
      .to.match(/^night +off_peak +(open|closed) +2\S+ \S+Z {2}sat sun 22:00 to 06:00, Europe\/Berlin$/m)
      .and.to.match(/^move +stop +(open|closed) +2\S+ \S+Z {2}0 3 \* \* \* for 1800 s, UTC$/m);
    expect((await windows('upcoming', '--count', '3')).out).to.match(/^from +until +window +effect +reason\n(2.*\n){3}$/);
  });

  it('skip, forecast and delete: one occurrence, what waits, and the whole', async () => {
    await windows(...NIGHT, '--per-second', '2');
    const { occurrences } = await json('show', 'night');
    const skipped = await json('skip', 'night');
    expect((skipped['occurrences'] as unknown[])[0]).to.deep.equal((occurrences as unknown[])[1]);
    await gateway.submit({ off_peak: 'night' });
    const { out } = await windows('forecast', 'night');
    expect(out)
      .to.match(/^state +closed$/m)
      .and.to.match(/^to release +1$/m)
      .and.to.match(/^rate +2 a second$/m)
      .and.to.match(/^report +1 +0 +-$/m);
    expect((await windows('delete', 'night')).out).to.equal('night is removed\n');
    const gone = await windows('show', 'night');
    expect([gone.code, gone.err.includes('There is no window "night". (window_not_found)')]).to.deep.equal([2, true]);
  });

  for (const [what, args, message] of [
    [
      'no effect',
      ['set', 'x', '--from', '01:00', '--until', '02:00', '--reason', 'x'],
      '--effect is needed: one of off_peak, stop, start, slow.',
    ],
    ['an effect that is none', ['set', 'x', '--effect', 'halt'], '--effect is "halt"; it must be one of off_peak, stop, start, slow.'],
    [
      'half a calendar',
      ['set', 'x', '--effect', 'stop', '--from', '01:00', '--reason', 'x'],
      'needs either --from and --until, or --cron and',
    ],
    [
      'a day that is none',
      ['set', 'x', '--effect', 'stop', '--from', '01:00', '--until', '02:00', '--weekdays', 'mon,tues', '--reason', 'x'],
      '--weekdays has "tues"; there are mon, tue, wed, thu, fri, sat, sun.',
    ],
    ['a rate that is none', [...NIGHT, '--per-second', 'fast'], '--per-second is "fast"; it must be a number from 0.001 to 10000.'],
    [
      'a file beside options',
      ['set', 'x', '--file', 'x.json', '--reason', 'x'],
      '--file has the whole window; --reason cannot stand beside it.',
    ],
    ['a file that is not there', ['set', 'x', '--file', 'nothing.json'], '"nothing.json" cannot be read: ENOENT.'],
    ['no name', ['show'], 'windows show needs WINDOW.'],
  ] as const) {
    it(`${what}: is explained and ends with 64`, async () => {
      const { code, err } = await windows(...args);
      expect([code, err.includes(message)], err).to.deep.equal([64, true]);
    });
  }

  it('what the control plane refuses: says where and what is allowed, and ends with 2', async () => {
    const { code, err } = await windows('set', 'x', '--effect', 'slow', '--from', '01:00', '--until', '25:00', '--reason', 'x');
    expect([code, err.includes('/until must be HH:MM, 00:00 to 24:00')], err).to.deep.equal([2, true]);
  });
});
