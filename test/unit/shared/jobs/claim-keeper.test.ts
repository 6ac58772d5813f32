import { expect } from 'chai';
import { JobConflictError, JobNotFoundError } from '../../../../shared/domain/failures.ts';
import { cancelJob } from '../../../../shared/jobs/cancel-job.ts';
import { done, EngineWorld, gate, LEASE_MS } from '../../../support/engine-world.ts';
import type { StoreCall } from '../../../support/memory-job-store.ts';
import type { Script } from '../../../support/scripted-task-runner.ts';
import { settled } from '../../../support/virtual-clock.ts';

const isHeartbeat = ({ transition }: StoreCall): boolean => transition?.name === 'heartbeat';

describe('a claim under work', () => {
  let world: EngineWorld;
  let stoppedAtMs: number | undefined;
  let stoppedFor: unknown;

  /** Works until the test opens the gate, and notes when and why it was told to stop. */
  function watched(script: Script): Script {
    return (job, stage) => {
      job.signal.addEventListener('abort', () => {
        stoppedAtMs = world.clock.monotonicMs();
        stoppedFor = job.signal.reason;
      });
      return script(job, stage);
    };
  }

  beforeEach(() => {
    world = new EngineWorld();
    stoppedAtMs = stoppedFor = undefined;
  });

  async function working(script = gate().script): Promise<{ id: string; worker: Awaited<ReturnType<EngineWorld['worker']>> }> {
    world.script = watched(script);
    const worker = await world.worker({ stages: ['p1'] });
    const id = await world.submit();
    await settled();
    return { id, worker };
  }

  it('lives: its lease is renewed every third of it, so that it is never over', async () => {
    const { id } = await working();
    for (let step = 0; step < 30; step += 1) {
      await world.clock.advance(LEASE_MS / 3);
      expect(world.record(id).lease!.until.getTime() - world.clock.now().getTime()).to.equal(LEASE_MS);
    }
    expect([stoppedFor, world.asked('heartbeat')]).to.deep.equal([undefined, 30]);
  });

  for (const type of ['job', 'quick']) {
    it(`whose answer came when its lease may be over (${type}), is handed back unstarted`, async () => {
      world.store.hook = async ({ method }) => {
        if (method !== 'claim') return;
        world.store.hook = undefined;
        await world.clock.sleep(LEASE_MS - 2_999);
      };
      const { engine } = await world.worker({ stages: ['p1'] });
      const id = await world.submit({ type });
      await world.clock.advance(LEASE_MS);
      expect(engine.counters.released).to.equal(1);
      expect(world.runner.runs.map(({ attempt }) => attempt)).to.deep.equal([1]);
      expect(world.record(id)).to.deep.include({ stage: 1, epoch: 2 });
    });
  }

  it('many at once, are renewed in one write', async () => {
    world.script = gate().script;
    await world.worker({ slots: 50, stages: ['p1'] });
    const ids = await Promise.all(Array.from({ length: 50 }, () => world.submit()));
    await world.clock.advance(LEASE_MS / 3);
    expect(world.asked('heartbeat')).to.equal(1);
    expect(ids.every((id) => world.record(id).lease!.until.getTime() === world.clock.now().getTime() + LEASE_MS)).to.equal(true);
  });

  it('taken over by another, is told to stop at the next heartbeat; its neighbours go on', async () => {
    const { id } = await working();
    const other = await world.submit();
    world.patch(id, { claim: 'another', epoch: 2 });
    await world.clock.advance(LEASE_MS / 3);
    expect([stoppedFor, stoppedAtMs]).to.deep.equal(['claim_lost', LEASE_MS / 3]);
    expect(world.runner.active).to.equal(1);
    expect(world.record(other)).to.deep.include({ state: 'RUNNING', epoch: 1 });
  });

  it('canceled, is told to stop at the next heartbeat, and its end changes nothing', async () => {
    const { id, worker } = await working();
    await cancelJob(world, 't', id);
    const canceled = world.record(id);
    expect(canceled).to.deep.include({ state: 'CANCELED', gen: 2 });
    expect(canceled).to.not.have.any.keys('claim', 'lease', 'pub', 'active');
    await world.clock.advance(LEASE_MS / 3 + 200);
    expect(stoppedFor).to.equal('claim_lost');
    expect(world.record(id)).to.deep.equal(canceled);
    expect([worker.engine.running, worker.engine.counters.fenced, world.inQueue('p1')]).to.deep.equal([0, 1, 0]);
  });

  it('canceled, is told to stop by its own progress before the heartbeat', async () => {
    const hold = gate();
    let report = (_: number): void => undefined;
    const { id } = await working((job, stage) => {
      report = job.progress;
      return hold.script(job, stage);
    });
    await cancelJob(world, 't', id);
    report(0.5);
    await settled();
    expect([stoppedFor, world.clock.monotonicMs()]).to.deep.equal(['claim_lost', 0]);
  });

  for (const [name, stall] of [
    ['fail', () => world.store.failBefore(1_000, isHeartbeat)],
    ['hang', () => (world.store.hook = (call) => (isHeartbeat(call) ? new Promise(() => undefined) : undefined))],
  ] as const) {
    it(`whose heartbeats ${name}, stops by itself 3 s before its lease is over`, async () => {
      await working();
      stall();
      await world.clock.advance(LEASE_MS - 3_000);
      expect(stoppedFor).to.equal(undefined);
      await world.clock.advance(2_000);
      expect(stoppedFor).to.equal('claim_lost');
      expect(stoppedAtMs).to.be.within(LEASE_MS - 3_000, LEASE_MS - 1_000);
    });
  }

  it('whose heartbeats fail for a while, goes on and counts its lease from the last one that succeeded', async () => {
    await working();
    world.store.failBefore(1, isHeartbeat);
    await world.clock.advance(LEASE_MS);
    expect(stoppedFor).to.equal(undefined);
    world.store.failBefore(1_000, isHeartbeat);
    await world.clock.advance(LEASE_MS - 3_000);
    expect(stoppedFor).to.equal(undefined);
    await world.clock.advance(2_000);
    expect(stoppedFor).to.equal('claim_lost');
  });

  it('won late after a claim of unknown outcome, counts its lease from when the claim was sent', async () => {
    world.script = watched(gate().script);
    const isClaim = ({ method }: StoreCall): boolean => method === 'claim';
    const sentAtMs = 0;
    world.store.failAfter(1, isClaim);
    world.store.failBefore(1_000, isHeartbeat);
    // The reply is lost only after 8 s, as a driver's timeout does it.
    let lose = (): void => undefined;
    const late = new Promise<void>((resolve) => (lose = resolve));
    const realClaim = world.store.claim.bind(world.store);
    world.store.claim = async (ids, transition) => {
      const answer = await realClaim(ids, transition).catch((error: unknown) => error as Error);
      await late;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    await world.worker({ stages: ['p1'] });
    await world.submit();
    await world.clock.advance(8_000);
    lose();
    await world.clock.advance(LEASE_MS - 8_000 - 1_000);
    expect(stoppedFor, 'before the lease that the store counts is over').to.equal('claim_lost');
    expect(stoppedAtMs! - sentAtMs)
      .to.be.at.least(LEASE_MS - 3_000)
      .and.below(LEASE_MS);
  });

  describe('progress', () => {
    it('reported often, is written at once and then every 500 ms at most, the largest, never backwards', async () => {
      const hold = gate();
      let report = (_: number): void => undefined;
      const { id } = await working((job, stage) => {
        report = job.progress;
        return hold.script(job, stage);
      });
      for (const fraction of [0.1, 0.2, 0.3]) report(fraction);
      await settled();
      for (const fraction of [0.6, 0.4, Number.NaN, 7]) report(fraction);
      await settled();
      expect([world.asked('progress'), world.record(id).progress]).to.deep.equal([1, 0.1]);
      await world.clock.advance(500);
      expect([world.asked('progress'), world.record(id).progress]).to.deep.equal([2, 1]);
    });
  });

  describe('timeout', () => {
    it('beyond the time of its stage, is stopped, recorded as stage_timeout and tried again', async () => {
      const { id, worker } = await working();
      await world.clock.advance(600_000);
      expect([stoppedFor, stoppedAtMs]).to.deep.equal(['timeout', 600_000]);
      expect(world.record(id)).to.deep.include({ state: 'RETRY_WAIT', attempt: 1 });
      expect(world.record(id).err).to.deep.equal({
        code: 'stage_timeout',
        message: 'Process 1 timed out after 600 s.',
        errorClass: 'timeout',
        detail: { timeout_ms: 600_000 },
      });
      expect(worker.engine.counters.timeouts).to.equal(1);
    });

    it('done just before, is not stopped afterwards', async () => {
      const hold = gate();
      const { id } = await working(hold.script);
      await world.clock.advance(599_999);
      hold.open(done);
      await world.clock.advance(1_000);
      expect([stoppedFor, world.record(id).stage]).to.deep.equal([undefined, 1]);
    });
  });
});

describe('cancelJob', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('a waiting job, ends CANCELED with its event owed; twice, answers the same; its bell starts nothing', async () => {
    const id = await world.insert();
    const first = await cancelJob(world, 't', id);
    expect(first).to.deep.include({ state: 'CANCELED', gen: 2 });
    expect(first.evt?.due).to.be.instanceOf(Date);
    expect(await cancelJob(world, 't', id)).to.deep.equal(first);
    await world.worker();
    await world.ring(id);
    await world.clock.advance(1_000);
    expect([world.runner.runs.length, world.inQueue('p1')]).to.deep.equal([0, 0]);
  });

  it("an ended job, is a conflict; another tenant's, is not found", async () => {
    const id = await world.insert();
    expect(await cancelJob(world, 'other', id).catch((one: unknown) => one)).to.be.instanceOf(JobNotFoundError);
    await world.worker();
    await world.ring(id);
    await world.until(id, 'COMPLETED');
    expect(await cancelJob(world, 't', id).catch((one: unknown) => one)).to.be.instanceOf(JobConflictError);
  });
});
