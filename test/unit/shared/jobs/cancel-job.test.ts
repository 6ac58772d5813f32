import { expect } from 'chai';
import { JobConflictError, JobNotFoundError, StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { cancelJob } from '../../../../shared/jobs/cancel-job.ts';
import { EngineWorld } from '../../../support/engine-world.ts';

describe('cancelJob', () => {
  let world: EngineWorld;
  const cancel = (id: string, tenant = 't') => cancelJob(world.deps, tenant, id);
  const failure = (id: string, tenant?: string) => cancel(id, tenant).catch((error: unknown) => error);
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('a waiting job, is CANCELED; a second request says the same', async () => {
    const id = await world.insert();
    expect(await cancel(id)).to.deep.include({ state: 'CANCELED', gen: 2 });
    expect(await cancel(id)).to.deep.include({ state: 'CANCELED', gen: 2 });
  });

  it("another tenant's job, is not found and stays as it is", async () => {
    const id = await world.insert();
    expect(await failure(id, 'other')).to.be.instanceOf(JobNotFoundError);
    expect(world.state(id)).to.equal('QUEUED');
  });

  it('a job that has ended otherwise, is a conflict', async () => {
    const id = await world.insert();
    world.patch(id, { state: 'EXPIRED' });
    const { active: _, ...ended } = world.record(id);
    world.store.put(ended);
    expect(await failure(id)).to.be.instanceOf(JobConflictError);
  });

  // Found by the simulation: `npm run test:simulation -- --seed 326` at the commit before this test.
  it('a cancellation whose outcome is unknown and that a fail-over takes back, is confirmed to nobody', async () => {
    const id = await world.insert();
    world.store.isReplicationHeld = true;
    world.store.failAfter(1, ({ transition }) => transition?.name === 'cancel');
    expect(await failure(id)).to.be.instanceOf(StoreUnavailableError);
    expect(world.state(id)).to.equal('CANCELED');
    expect(await failure(id), 'the second request').to.be.instanceOf(StoreUnavailableError);
    world.store.rollBack();
    world.store.replicate();
    expect(world.state(id)).to.equal('QUEUED');
    expect(await cancel(id)).to.deep.include({ state: 'CANCELED', gen: 2 });
  });
});
