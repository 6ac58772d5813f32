import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline, type Ran } from './run-jobline.ts';

const INPUT = '{"rows": [{"city": "Oslo", "sold": 12}]}';
const DAILY = ['--name', 'nightly', '--cron', '30 2 * * *', '--zone', 'Europe/Berlin', '--type', 'report', '--input', INPUT];

describe('jobline schedules', () => {
  let gateway: GatewayFixture;
  let env: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
    env = { JOBLINE_URL: gateway.url('').replace(/\/$/, '') };
  });
  afterEach(() => gateway.stop());

  const schedules = (...args: string[]): Promise<Ran> => jobline(['schedules', ...args], env);

  it('create, list, show, pause, resume, run, ticks and delete: the life of a schedule', async () => {
    const made = JSON.parse((await schedules('create', ...DAILY, '--catch-up', 'once', '--overlap', 'skip', '--json')).out);
    expect(made).to.deep.include({ name: 'nightly', cron: '30 2 * * *', time_zone: 'Europe/Berlin', overlap: 'skip' });
    const id: string = made.schedule_id;
    expect((await schedules('list')).out).to.match(new RegExp(`^${id}  active  \\S+ 0[01]:30:00Z  nightly$`, 'm'));
    expect((await schedules('show', id)).out).to.match(/^ticks +At 0?2:30.* \(30 2 \* \* \*, Europe\/Berlin\)$/m);
    expect((await schedules('pause', id, '--until', '2199-01-01T00:00:00Z')).out).to.match(/^state +paused until 2199-01-01 00:00:00Z$/m);
    expect((await schedules('resume', id)).out).to.match(/^state +active$/m);
    const ran = await schedules('run', id, '--key', 'k');
    expect((await schedules('run', id, '--key', 'k')).out).to.equal(ran.out);
    expect((await gateway.recordOf(ran.out.trim())).type).to.equal('report');
    expect((await schedules('ticks', id)).out).to.match(new RegExp(`manual  submitted  ${ran.out.trim()}$`, 'm'));
    expect(await schedules('delete', id)).to.deep.equal({ code: 0, out: `${id} is removed\n`, err: '' });
    expect((await schedules('show', id)).code).to.equal(2);
    expect((await schedules('list')).out).to.equal('There are no schedules.\n');
  });

  it('create from a file: the same, with a key once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jobline-cli-'));
    try {
      const file = join(folder, 'schedule.json');
      writeFileSync(file, JSON.stringify({ name: 'x', interval_seconds: 60, job: { type: 'report', input: JSON.parse(INPUT) } }));
      const ids = await Promise.all(
        [1, 2].map(async () => JSON.parse((await schedules('create', '--file', file, '--key', 'k', '--json')).out)),
      );
      expect(ids[0].schedule_id).to.equal(ids[1].schedule_id);
      expect((await schedules('create', '--file', file, '--name', 'y')).err).to.contain('--name cannot stand beside it');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('preview over a change of the clocks: marks the run and says what the clocks do', async () => {
    const { code, out } = await schedules(
      'preview',
      '--cron',
      '30 2 * * *',
      '--zone',
      'Europe/Berlin',
      '--after',
      '2027-03-26T12:00:00Z',
      '--count',
      '3',
    );
    expect(code).to.equal(0);
    expect(out).to.match(/^2027-03-27 01:30:00Z +2027-03-27\S* ?\S*\s*$/m);
    expect(out).to.match(/^2027-03-28 01:00:00Z .*The clocks are set forward at this moment/m);
    expect(out).to.contain('On 2027-03-28 the clocks in Europe/Berlin go from 02:00 to 03:00');
  });

  it('backfill: says how many there are to run', async () => {
    const { schedule_id: id } = JSON.parse((await schedules('create', ...DAILY, '--json')).out);
    const { out } = await schedules('backfill', id, '--from', '2026-01-01T00:00:00Z', '--until', '2026-01-03T00:00:00Z');
    expect(out).to.equal('2 to run, 0 had run already\n');
  });

  for (const [what, args, message] of [
    ['neither cron nor interval', ['create', '--name', 'x'], 'Exactly one of --cron, --every and --file is needed.'],
    ['an interval that is none', ['create', '--name', 'x', '--every', 'daily'], '--every is "daily"; it must be a span such as 90s'],
    ['an input that is no JSON', ['create', '--name', 'x', '--every', '1d', '--type', 'report', '--input', '{'], '--input is not JSON'],
    ['a policy that there is not', ['create', ...DAILY, '--overlap', 'both'], '--overlap is "both"; it must be one of allow, skip, queue.'],
    ['a file that is not there', ['create', '--file', '/nowhere.json'], 'cannot be read: ENOENT'],
    ['a range without its end', ['backfill', 'x', '--from', '2026-01-01T00:00:00Z'], 'needs --from and --until'],
  ] as const) {
    it(`${what}: is explained and ends with 64`, async () => {
      const { code, err } = await schedules(...args);
      expect([code, err]).to.deep.equal([64, err.includes(message) ? err : message]);
    });
  }

  it('an expression that the API refuses: ends with 2 and says where', async () => {
    const { code, err } = await schedules('create', ...DAILY, '--cron', '61 2 * * *');
    expect(code).to.equal(2);
    expect(err).to.contain('/cron');
  });
});
