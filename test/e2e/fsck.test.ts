import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { OpenJobs } from '../support/open-jobs.ts';
import { runFsck } from '../support/run-fsck.ts';
import { TestSystem } from '../support/test-system.ts';

const CLI = join(projectRoot(), 'dist/services/cli/main.js');

describe('fsck while work goes on', function () {
  this.timeout(300_000);
  let system: TestSystem;
  before(async () => {
    system = await TestSystem.start({ scale: { scheduler: 2 } });
  });
  after(() => system.stop());

  function jobline(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [CLI, ...args], (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }));
    });
  }

  it('jobs that run, fail and are canceled meanwhile, are no finding', async () => {
    const input = { waitMs: [50, 50], poison: { stage: 0, how: 'reject' } };
    const load = new OpenJobs(system, { types: ['noop', 'wait', 'poison-inline'], input, open: 20 });
    const running = jobline('fsck', '--url', system.system.admin);
    const canceled = await Promise.all(Array.from({ length: 5 }, () => system.submit('wait', { waitMs: [600_000, 0] })));
    for (const id of canceled) await system.request('POST', `/jobs/${id}/cancel`);
    const ran = await running;
    expect(ran).to.deep.include({ code: 0, err: '' });
    expect(ran.out.trimEnd().split('\n').at(-1)).to.match(
      /^0 lost, 0 doubled \([\d,]+ jobs?, 0 zombies, 0 orphaned outputs, 0 stale dead letters.*\)$/,
    );
    const ids = [...(await load.end()), ...canceled];
    expect(ids.length).to.be.above(20);
    await system.untilAllEnded(ids);
    const { clean, jobs, by_state } = await runFsck(system.system.admin);
    expect([clean, jobs]).to.deep.equal([true, ids.length]);
    expect(by_state['completed']).to.be.above(10);
  });
});
