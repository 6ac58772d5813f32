import { expect } from 'chai';
import { expectCompletedOnce, expectEffectsOnce } from '../support/ended-once.ts';
import { TestSystem } from '../support/test-system.ts';

describe('Pipeline without a scheduler', function () {
  this.timeout(120_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ scale: { scheduler: 0, 'p1-worker': 0, 'p2-worker': 0 } });
  });

  after(() => system?.stop());

  it('jobs posted while no worker lives: wait, and each stage runs once its worker starts', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => system.submit('noop')));
    expect(system.system.processes.map(({ service }) => service)).to.deep.equal(['gateway']);
    const first = ids[0]!;
    expect(await system.status(first)).to.deep.equal({ job_id: first, status: 'QUEUED', progress: 0 });
    await system.system.spawnService('p1-worker');
    for (const id of ids) expect(await system.until(id, ['PROCESS_1_DONE'])).to.include({ progress: 50 });
    await system.system.spawnService('p2-worker');
    await expectCompletedOnce(system, ids);
    expectEffectsOnce(system, ids);
  });

  it('500 healthy jobs: go from POST to COMPLETED, since no step depends on a timer', async () => {
    const ids = await Promise.all(Array.from({ length: 500 }, () => system.submit('noop')));
    await expectCompletedOnce(system, ids, 30_000);
    expectEffectsOnce(system, ids);
    expect(system.pidsOf('scheduler')).to.deep.equal([]);
  });
});
