import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { COMMAND_SET } from '../../../../services/cli/commands.ts';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import type { FsckReport } from '../../../../shared/domain/fsck-report.ts';
import { LOST, reportWith } from '../../../support/fsck-reports.ts';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline, type Ran } from './run-jobline.ts';

describe('jobline', () => {
  it('without a command, says what there is and that it did nothing; help is fine', async () => {
    expect(await jobline([])).to.deep.include({ code: 64 });
    expect((await jobline(['--help'])).code).to.equal(0);
    expect((await jobline([])).out).to.match(/Usage: jobline COMMAND[\s\S]*fsck {2,}reconcile/);
    const help = await jobline(['fsck', '-h']);
    expect([help.code, help.out]).to.deep.equal([0, COMMAND_SET.commands.find(({ name }) => name === 'fsck')!.help]);
  });

  for (const [what, args, message] of [
    ['an unknown command', ['fcsk'], 'There is no command "fcsk"; did you mean fsck?'],
    ['an unknown option', ['fsck', '--fix'], "fsck: Unknown option '--fix'"],
    ['an option without its value', ['fsck', '--url'], "Option '--url <value>' argument missing"],
    ['something that is no option', ['fsck', 'now'], "Unexpected argument 'now'"],
    ['a URL that is none', ['fsck', '--url', 'localhost:8081'], "is not the URL of a gateway's control plane"],
    ['a timeout out of range', ['fsck', '--timeout', '0'], '--timeout must be an integer from 1 to 86400.'],
  ] as const) {
    it(`${what}, is explained and ends with 64`, async () => {
      const { code, out, err } = await jobline(args);
      expect([code, out]).to.deep.equal([64, '']);
      expect(err)
        .to.match(/^jobline: /)
        .and.contain(message)
        .and.contain('jobline --help');
    });
  }
});

describe('jobline fsck', () => {
  let gateway: GatewayFixture;
  let url: string;
  let isOver: boolean;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
    url = gateway.adminUrl('').replace(/\/$/, '');
    isOver = false;
  });
  afterEach(async () => {
    isOver = true;
    await gateway.stop();
  });

  /** Plays the scheduler: ends the next request with this. */
  async function answer(outcome: { report: FsckReport } | { error: string }): Promise<void> {
    while (!isOver) {
      const open = await gateway.fsckRuns.open();
      if (open) {
        await gateway.fsckRuns.begin(open.id);
        await gateway.fsckRuns.note(open.id, { phase: 'jobs', jobs: 500 });
        await new Promise((resolve) => setTimeout(resolve, 700));
        return gateway.fsckRuns.end(open.id, 'report' in outcome ? { report: { ...outcome.report, repair: open.repair } } : outcome);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async function fsck(outcome: Parameters<typeof answer>[0], args: readonly string[] = [], isTerminal = false): Promise<Ran> {
    const [ran] = await Promise.all([jobline(['fsck', '--url', url, ...args], {}, isTerminal), answer(outcome)]);
    return ran;
  }

  it('nothing wrong, ends with 0 and the line that says so', async () => {
    const { code, out, err } = await fsck({ report: reportWith([], { outputsToSweep: 3 }) });
    expect([code, err]).to.deep.equal([0, '']);
    expect(out.split('\n')).to.deep.equal([
      'jobs: 12,345 completed; dead letters: 0',
      '0 lost, 0 doubled (12,345 jobs, 0 zombies, 0 orphaned outputs, 0 stale dead letters, 3 outputs to sweep)',
      '',
    ]);
  });

  it('findings, are a table, and the exit code is 1; with repair it says what was done', async () => {
    const mended = { ...LOST, repaired: 'rearm' };
    const warning = { category: 'unreadable_dead_letter', rule: 'x', level: 'warning', queue: 'q', detail: '1 message' } as const;
    const { code, out } = await fsck({ report: reportWith([mended, warning]) }, ['--repair']);
    expect(code).to.equal(1);
    expect(out.split('\n').slice(0, 3)).to.deep.equal([
      'what                              rule       job or queue  detail',
      'lost                              bell_lost  job-1         its bell is gone -> repaired: rearm',
      'unreadable_dead_letter (warning)  x          q             1 message',
    ]);
    expect(out.trimEnd().split('\n').at(-1)).to.match(/^1 lost, 0 doubled \(.*1 unreadable dead letter, 1 repaired\)$/);
    expect((await gateway.fsckRuns.list(1))[0]).to.include({ repair: true });
  });

  it('--json, prints the result for a program', async () => {
    const { code, out } = await fsck({ report: reportWith([LOST]) }, ['--json']);
    const run = JSON.parse(out) as { state: string; report: { summary: string; findings: object[] } };
    expect([code, run.state, run.report.findings.length]).to.deep.equal([1, 'done', 1]);
    expect(run.report.summary).to.match(/^1 lost, 0 doubled/);
  });

  it('not everything looked at, ends with 2 though nothing was found', async () => {
    const { code, out, err } = await fsck({ report: reportWith([], { unchecked: ['dead letters of p1: away'] }) });
    expect([code, out.includes('not checked: dead letters of p1: away')]).to.deep.equal([2, true]);
    expect(err).to.contain('not everything could be looked at');
  });

  it('a run that fails, ends with 2 and its reason', async () => {
    const { code, err } = await fsck({ error: 'broken' });
    expect([code, err]).to.deep.equal([2, 'jobline: fsck could not run: broken\n']);
  });

  it('on a terminal, shows how far it is, on the error output', async () => {
    const { err } = await fsck({ report: reportWith() }, [], true);
    expect(err).to.contain('jobs, 500 jobs');
  });

  it('the URL, may come from the environment', async () => {
    const [ran] = await Promise.all([jobline(['fsck'], { JOBLINE_ADMIN_URL: `${url}/` }), answer({ report: reportWith() })]);
    expect(ran.code).to.equal(0);
  });

  it('another run under way, ends with 2 and names it', async () => {
    await gateway.fsckRuns.request({ id: 'other', by: 'schedule', repair: false });
    const { code, err } = await jobline(['fsck', '--url', url]);
    expect([code, err]).to.deep.equal([2, 'jobline: POST /admin/v1/fsck was refused: 409 Run other is requested. (fsck_running)\n']);
  });

  it('nobody runs it in time, ends with 2 and says that it goes on', async () => {
    const { code, err } = await jobline(['fsck', '--url', url, '--timeout', '1']);
    expect([code, err.includes('The run has not ended in time')]).to.deep.equal([2, true]);
  });

  it('the database away, ends with 69 and the reason', async () => {
    gateway.fsckRuns.open = async () => {
      throw new StoreUnavailableError('away');
    };
    const { code, err } = await jobline(['fsck', '--url', url]);
    expect([code, err]).to.deep.equal([
      69,
      'jobline: POST /admin/v1/fsck was refused: 503 The database cannot be reached (store_unavailable)\n',
    ]);
  });

  it('no gateway there, or another server, is told apart', async () => {
    const server: Server = createServer((_, response) => response.end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const other = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const stranger = await jobline(['fsck', '--url', other]);
    expect([stranger.code, stranger.err.includes('did not answer in JSON')]).to.deep.equal([2, true]);
    await new Promise((resolve) => server.close(resolve));
    const away = await jobline(['fsck', '--url', other]);
    expect(away.code).to.equal(69);
    expect(away.err).to.match(/no answer from http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED .*Is the gateway up/);
  });
});
