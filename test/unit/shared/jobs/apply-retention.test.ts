import { expect } from 'chai';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import type { RetentionRule } from '../../../../shared/domain/retention/retention-rule.ts';
import { applyRetention, LOOKED_AT_AFTER_MS, type RetentionDeps } from '../../../../shared/jobs/retention/apply-retention.ts';
import { fingerprint } from '../../../../shared/schema/fingerprint.ts';
import { BROKEN, EngineWorld } from '../../../support/engine-world.ts';
import { MemoryEndedJobs } from '../../../support/memory-ended-jobs.ts';
import { MemoryRetentionStore } from '../../../support/memory-retention-store.ts';

const DAY_MS = 86_400_000;
const never = new AbortController().signal;

describe('applyRetention', () => {
  let world: EngineWorld;
  let deps: RetentionDeps;
  beforeEach(() => {
    world = new EngineWorld();
    deps = {
      retention: new MemoryRetentionStore(world),
      ended: new MemoryEndedJobs(world.store),
      store: world.store,
      outputs: world.outputs,
      fingerprint,
    };
  });

  const ended = async (changes: Partial<JobRecord> = {}): Promise<string> => {
    const id = await world.insert();
    const doneAt = world.clock.now();
    const expireAt = new Date(doneAt.getTime() + 30 * DAY_MS);
    const over = { active: undefined as never, pub: undefined as never, gen: 2, doneAt, expireAt };
    world.patch(id, { state: 'COMPLETED', ...over, ...changes });
    return id;
  };
  const withFile = async (): Promise<{ id: string; ref: string }> => {
    const at = world.clock.now();
    const id = await ended({ results: [{ stage: 0, run: 0, epoch: 1, claim: 'c', at }] });
    const file = await world.outputs.writeFile('a', 'x/y', Buffer.from('content'));
    await world.outputs.insertOutputs([{ jobId: id, stage: 0, claim: 'c', files: [{ ...file, audience: 'user' }] }]);
    return { id, ref: file.ref };
  };
  const apply = (...rules: readonly RetentionRule[]) => applyRetention(deps, rules, { signal: never });
  const payloadOf = async (id: string) => (await world.store.readPayloads([id])).get(id);

  it('each part, goes at its own age and not before; the job stays', async () => {
    const { id, ref } = await withFile();
    world.patch(id, { log: [{ at: world.clock.now(), event: 'retry', stage: 0, attempt: 1, run: 0 }] });
    const rule = { days: { payload: 1, outputs: 2, timeline: 3 } };
    await world.clock.advance(DAY_MS);
    expect(await apply(rule)).to.deep.equal({ job: 0, payload: 0, outputs: 0, timeline: 0 });
    await world.clock.advance(1);
    expect(await apply(rule)).to.deep.equal({ job: 0, payload: 1, outputs: 0, timeline: 0 });
    expect([await payloadOf(id), world.outputs.refs().includes(ref)]).to.deep.equal([undefined, true]);
    await world.clock.advance(DAY_MS);
    expect(await apply(rule)).to.deep.equal({ job: 0, payload: 0, outputs: 1, timeline: 0 });
    expect([world.outputs.refs().includes(ref), world.record(id).log.length]).to.deep.equal([false, 1]);
    await world.clock.advance(DAY_MS);
    expect(await apply(rule)).to.deep.equal({ job: 0, payload: 0, outputs: 0, timeline: 1 });
    expect(world.record(id).log).to.deep.equal([]);
    expect(Object.keys(world.record(id).removed!)).to.have.members(['payload', 'outputs', 'timeline']);
  });

  it('the job, is given the time of the rule, shorter or longer than its own', async () => {
    const [completed, failed] = [await ended(), await ended({ state: 'FAILED', err: BROKEN })];
    await world.clock.advance(LOOKED_AT_AFTER_MS + 1);
    const rules: RetentionRule[] = [
      { outcome: 'COMPLETED', days: { job: 1 } },
      { outcome: 'FAILED', days: { job: 90 } },
    ];
    expect(await apply(...rules)).to.include({ job: 2 });
    const daysKept = (id: string) => (world.record(id).expireAt!.getTime() - world.record(id).doneAt!.getTime()) / DAY_MS;
    expect([daysKept(completed), daysKept(failed)]).to.deep.equal([1, 90]);
    expect(await apply(...rules), 'again').to.include({ job: 0 });
  });

  it('an end of the last minutes, is left for later: an older one may still become readable', async () => {
    await ended();
    await world.clock.advance(LOOKED_AT_AFTER_MS);
    expect(await apply({ days: { payload: 0 } })).to.include({ payload: 0 });
    await world.clock.advance(1);
    expect(await apply({ days: { payload: 0 } })).to.include({ payload: 1 });
  });

  it('a job that is replayed between the look and the write, keeps everything', async () => {
    const id = await ended({ state: 'FAILED', err: BROKEN });
    await world.clock.advance(DAY_MS + 1);
    world.store.hook = async ({ transition }) => {
      if (transition?.name !== 'remove_part') return;
      world.store.hook = undefined;
      await world.replayer.replay('t', id);
    };
    expect(await apply({ days: { payload: 1 } })).to.include({ payload: 0 });
    expect([world.state(id), (await payloadOf(id)) !== undefined]).to.deep.equal(['QUEUED', true]);
  });

  it('a job whose payload is gone, is not replayed any more; one without outputs from the beginning alone', async () => {
    const id = await ended({ state: 'FAILED', err: BROKEN, stage: 1, removed: { outputs: world.clock.now() } });
    expect(await world.replayer.replayRecord(world.record(id))).to.equal(false);
    expect(await world.replayer.replayRecord(world.record(id), { fromBeginning: true })).to.equal(true);
    expect(world.record(id)).to.not.have.property('removed');
    const bare = await ended({ state: 'FAILED', err: BROKEN, removed: { payload: world.clock.now() } });
    expect(await world.replayer.replayRecord(world.record(bare), { fromBeginning: true })).to.equal(false);
  });

  it('a process that dies between the mark and the files, is followed by one that removes them', async () => {
    const { ref } = await withFile();
    await world.clock.advance(DAY_MS + 1);
    const removal = deps.outputs.removeOrphans.bind(deps.outputs);
    const broken = { removeOrphans: () => Promise.reject(new StoreUnavailableError('away')) };
    const dies = applyRetention({ ...deps, outputs: broken }, [{ days: { outputs: 1 } }], { signal: never });
    expect(await dies.catch((error: unknown) => error)).to.be.instanceOf(StoreUnavailableError);
    expect(world.outputs.refs()).to.include(ref);
    await applyRetention({ ...deps, outputs: { removeOrphans: removal } }, [{ days: { outputs: 1 } }], { signal: never });
    expect(world.outputs.refs()).to.not.include(ref);
  });

  it('many jobs, are done in batches; a pass that is stopped goes on where it was, and other rules go over all again', async () => {
    for (let count = 0; count < 1_100; count += 1) await ended();
    await world.clock.advance(DAY_MS + 1);
    const stop = new AbortController();
    const options = { signal: stop.signal, onBatch: async () => stop.abort() };
    expect(await applyRetention(deps, [{ days: { payload: 1 } }], options)).to.include({ payload: 500 });
    world.store.calls.length = 0;
    expect(await apply({ days: { payload: 1 } })).to.include({ payload: 600 });
    expect(world.store.calls.filter(({ transition }) => transition).flatMap(({ ids }) => ids)).to.have.length(600);
    expect(await apply({ days: { payload: 1, timeline: 1 } }), 'all are looked at').to.include({ payload: 0 });
  });
});
