import { expect } from 'chai';
import { JobConflictError, StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import { type DeleteDeps, deleteJob } from '../../../../shared/jobs/delete-job.ts';
import { tendDeadLetters } from '../../../../shared/jobs/tend-dead-letters.ts';
import { BROKEN, EngineWorld } from '../../../support/engine-world.ts';
import { MemoryDeliveryStore } from '../../../support/memory-delivery-store.ts';
import { MemoryJobRemover } from '../../../support/memory-job-remover.ts';
import { settled } from '../../../support/virtual-clock.ts';

describe('deleteJob', () => {
  let world: EngineWorld;
  let deps: DeleteDeps;
  beforeEach(() => {
    world = new EngineWorld();
    deps = {
      ...world.deps,
      outputs: world.outputs,
      remover: new MemoryJobRemover(world.store),
      deliveries: new MemoryDeliveryStore(world),
    };
  });

  const patched = async (changes: Partial<JobRecord>): Promise<JobRecord> => {
    const id = await world.insert();
    world.patch(id, { active: undefined as never, pub: undefined as never, gen: 2, ...changes });
    return world.record(id);
  };

  it('a failed job: its dead letter is dropped by the janitor', async () => {
    const record = await patched({ state: 'FAILED', err: BROKEN, pub: { due: world.clock.now(), by: 'x', to: 'dlq' } });
    await world.relayNow();
    await deleteJob(deps, world.record(record.id));
    expect(await tendDeadLetters(world.deps, 'p1', 0)).to.deep.equal({ kept: 0, dropped: 1, owed: 0 });
    expect(await world.bus.deadLetterDepth('p1')).to.equal(0);
  });

  it('a bell that is still under way: is acknowledged, and nothing runs', async () => {
    const id = await world.insert();
    await world.relayNow();
    world.broker.inject('jobline.p1.standard', JSON.stringify({ v: 1, stage: 0, jobs: [{ id, gen: 1 }] }));
    world.patch(id, { state: 'CANCELED', active: undefined as never, pub: undefined as never, gen: 2 });
    await deleteJob(deps, world.record(id));
    await world.worker({ stages: ['p1'], slots: 1 });
    await settled();
    await world.clock.advanceUntil('the bell to be dropped', () => {
      const queue = 'jobline.p1.standard';
      return world.broker.ready(queue).length + world.broker.unackedCount(queue) === 0;
    });
    expect(world.store.peek(id)).to.equal(undefined);
  });

  it('a job that was replayed since it was read: is refused, and goes on', async () => {
    const record = await patched({ state: 'CANCELED' });
    await world.replayer.replay('t', record.id);
    const error = await deleteJob(deps, record).catch((problem: unknown) => problem);
    expect(error).to.be.instanceOf(JobConflictError);
    expect(world.state(record.id)).to.equal('QUEUED');
  });

  it('one that somebody else removed meanwhile: is removed', async () => {
    const record = await patched({ state: 'COMPLETED' });
    world.store.forget(record.id);
    await deleteJob(deps, record);
  });

  it('the store away once the record is gone: the outputs are left to the sweep', async () => {
    const record = await patched({ state: 'COMPLETED' });
    const outputs = { removeOrphans: () => Promise.reject(new StoreUnavailableError('away')) };
    await deleteJob({ ...deps, outputs }, record);
    expect(world.store.peek(record.id)).to.equal(undefined);
  });
});
