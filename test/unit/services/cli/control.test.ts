import { expect } from 'chai';
import type { WorkerReport } from '../../../../shared/domain/control/worker-report.ts';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline, type Ran } from './run-jobline.ts';

const WORKER: WorkerReport = {
  ...{ id: 'w-1', service: 'single-worker', version: '0', host: 'h', pid: 1, stages: ['p1', 'p2'], startedAt: new Date() },
  ...{ leases: 3, jobs: [], bellsHeld: 0, slots: 4, slotsBusy: 3, loopLagMs: { mean: 0, longest: 0 }, memoryBytes: 1 },
  ...{ draining: false, paused: false },
};

describe('jobline, control of work', () => {
  let gateway: GatewayFixture;
  let env: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
    env = gateway.adminEnv;
  });
  afterEach(() => gateway.stop());

  const run = (...args: string[]): Promise<Ran> => jobline(args, env);

  it('pause, pauses and resume by the same options: begin, show and end one pause', async () => {
    const paused = await run('pause', '--stage', 'p1', '--type', 'report', '--reason', 'move', '--for', '2h');
    expect([paused.code, paused.out]).to.deep.equal([0, paused.out.match(/^stage=p1,type=report: active, until .*Z\n$/)?.[0]]);
    await run('pause', '--all', '--reason', 'all');
    expect((await run('pauses')).out).to.match(/^stage=p1,type=report {2}active {2}\S+ \S+Z {2}operator {2}move$/m);
    const other = await run('resume', '--stage', 'p1');
    expect([other.code, other.err.includes('There is no such pause. There are: ')]).to.deep.equal([64, true]);
    expect((await run('resume', '--type', 'report', '--stage', 'p1')).out).to.equal('stage=p1,type=report is ended\n');
    expect((await run('resume', '--all')).code).to.equal(0);
    expect((await run('pauses')).out).to.equal('There are no pauses.\n');
  });

  it('resume by the id: ends that pause; again: ends with 2', async () => {
    await run('pause', '--stage', 'p2', '--reason', 'x');
    expect((await run('resume', 'stage=p2')).code).to.equal(0);
    const { code, err } = await run('resume', 'stage=p2');
    expect([code, err.includes('(pause_not_found)')]).to.deep.equal([2, true]);
  });

  it('stages: has jobs, slots and messages of each', async () => {
    await gateway.submit();
    const { out } = await run('stages');
    expect(out).to.match(/^stage +state +busy slots +ready \+ taken +dead +jobs$/m);
    expect(out).to.match(/^p1 +running +0 of 0 +\S+ \+ \S+ +\S+ +1 queued$/m);
  });

  it('workers list, drain and resume: what the worker is told', async () => {
    expect((await run('workers', 'list')).out).to.equal('No worker has reported.\n');
    await gateway.workers.report(WORKER);
    expect((await run('workers', 'list')).out).to.match(/^w-1 +working +p1 p2 +3 +3\/4 +\d s ago$/m);
    expect((await run('workers', 'drain', 'w-1', '--reason', 'kernel')).out).to.equal('w-1 draining, 3 jobs\n');
    expect((await run('workers', 'resume', 'w-1')).out).to.equal('w-1 working, 3 jobs\n');
    expect((await run('workers', 'drain', 'w-9', '--reason', 'x')).err).to.contain('(worker_not_found)');
  });

  for (const [what, args, message] of [
    ['a pause of nothing', ['pause', '--reason', 'x'], 'pause needs --stage, --type or --tenant, or --all.'],
    ['a pause without a reason', ['pause', '--all'], '--reason is needed.'],
    ['a resume of nothing', ['resume'], 'resume needs one of'],
    ['a drain without a reason', ['workers', 'drain', 'x'], '--reason is needed.'],
  ] as const) {
    it(`${what}: is explained and ends with 64`, async () => {
      const { code, err } = await run(...args);
      expect([code, err.includes(message)]).to.deep.equal([64, true]);
    });
  }
});
